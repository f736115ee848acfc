import { isTerminal } from '../domain/build.ts';
import type { CertMarks, CertObjects, CertsObject } from './cert-ports.ts';
import type { BuildStore, Clock, Report } from './ports.ts';
import { readableBuild } from './readable-build.ts';

interface Deps {
  readonly builds: Pick<BuildStore, 'get'>;
  readonly certs: CertObjects;
  readonly marks: CertMarks;
  readonly clock: Clock;
  readonly report: Report;
}

/** A build is looked at again after a quarter of its age: a short one's object goes soon, and a long queue costs little. */
const MIN_LOOK_MS = 60_000;
const MAX_LOOK_MS = 15 * 60_000;

/**
 * Deletes signing material that no build needs any more: its build has ended, has taken another object, or was never made.
 * Since the end of a build takes the key with it, what lies here meanwhile cannot be read by anybody.
 *
 * @param stopAt ms since 1970: nothing is begun after it; the rest is due again for the next run.
 */
export async function sweepCerts(deps: Deps, stopAt: number): Promise<void> {
  for await (const page of deps.marks.due(deps.clock())) {
    for (const object of page) {
      if (deps.clock() >= stopAt) return;
      try {
        await settle(deps, object);
      } catch (error) {
        // Marked still: the next run tries again, and one that fails does not keep the others.
        deps.report({ event: 'certs_not_deleted', buildId: object.buildId, error });
      }
    }
  }
}

async function settle(deps: Deps, object: CertsObject): Promise<void> {
  const now = deps.clock();
  const build = await readableBuild(deps.builds, object.buildId);
  if (build && !isTerminal(build.state) && build.certs?.key === deps.certs.keyOf(object)) {
    const lookMs = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, (now - build.submittedAt) / 4));
    return deps.marks.postpone(object, Math.round(now + lookMs));
  }
  await deps.certs.delete(object);
  await deps.marks.remove(object);
  deps.report({ event: 'certs_deleted', buildId: object.buildId });
}
