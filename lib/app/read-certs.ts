import type { Build } from '../domain/build.ts';
import { byWorker } from '../domain/build-event.ts';
import type { CertBundle } from '../domain/certs.ts';
import { Rejection } from '../domain/rejection.ts';
import type { HolderClaim } from '../domain/transitions.ts';
import type { CertStore } from './cert-ports.ts';
import type { FenceDeps } from './fenced.ts';
import { heldBuild } from './held-build.ts';
import type { BuildStore, Report } from './ports.ts';

interface Deps extends FenceDeps {
  readonly builds: BuildStore;
  readonly certs: CertStore;
  readonly report: Report;
}

export interface HeldCerts extends CertBundle {
  /** For the keychain that the worker makes of it: another one in each attempt, the same one in each answer of it. */
  readonly keychainPassword: string;
}

/** The signing material, for who holds the build at this moment; who that was is noted before it is handed out. */
export async function readCerts(deps: Deps, buildId: string, claim: HolderClaim): Promise<HeldCerts> {
  const build = await leasedBuild(deps, buildId, claim);
  const opened = await deps.certs.open(build);
  if (!opened) throw new Rejection('certs_not_found', 'Certs not found');
  const { attempt, holder } = build;
  const workerId = holder?.workerId ?? '';
  await deps.builds.noteCertsRead(build, byWorker(workerId), deps.clock());
  deps.report({ event: 'certs_read', buildId, attempt, workerId });
  return { ...opened.bundle, keychainPassword: opened.derive(`keychain ${attempt} ${holder?.assignmentId}`) };
}

const NOT_HOLDER = new Set(['lease_lost', 'build_cancelled', 'build_finished']);

/** Stricter than a heartbeat: that may revive a lease that has run out, but nothing is handed out on one. */
async function leasedBuild(deps: Deps, buildId: string, claim: HolderClaim): Promise<Build> {
  const notAssigned = () => new Rejection('not_assigned', 'Worker not assigned to this build');
  try {
    const build = await heldBuild(deps, buildId, claim);
    if ((build.leaseUntil ?? 0) > deps.clock()) return build;
  } catch (error) {
    if (error instanceof Rejection && NOT_HOLDER.has(error.code)) throw notAssigned();
    throw error;
  }
  throw notAssigned();
}
