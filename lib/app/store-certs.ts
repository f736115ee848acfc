import type { StoredCerts } from '../domain/build.ts';
import type { CertBundle } from '../domain/certs.ts';
import type { CertMarks, CertStore } from './cert-ports.ts';
import type { Clock, Secrets } from './ports.ts';

interface Deps {
  readonly certs: CertStore;
  readonly marks: CertMarks;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** Signing material of a build that is about to be made. */
export interface NewCerts {
  readonly fingerprint: string;
  storeFor(buildId: string): Promise<StoredCerts>;
}

/** By then a submit has made its build, or never will. */
const ORPHAN_AFTER_MS = 15 * 60_000;

/**
 * The mark first, so that whatever happens next, `sweepCerts` finds the object: a submit that dies, or that turns out to
 * be a repeat, leaves one behind that belongs to no build.
 */
export function newCerts(deps: Deps, bundle: CertBundle): NewCerts {
  return {
    fingerprint: deps.certs.fingerprint(bundle),
    storeFor: async (buildId) => {
      const name = deps.secrets.id();
      await deps.marks.add({ buildId, name }, deps.clock() + ORPHAN_AFTER_MS);
      return deps.certs.put(buildId, name, bundle);
    },
  };
}
