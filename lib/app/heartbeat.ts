import type { Claim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import type { BuildStore, Report } from './ports.ts';

interface Deps extends FenceDeps {
  readonly builds: BuildStore;
  readonly report: Report;
}

/** The holder is alive: the lease now ends `leaseMs` from now. Answers its end. */
export async function heartbeat(deps: Deps, buildId: string, claim: Claim, leaseMs: number): Promise<number> {
  const leaseUntil = deps.clock() + leaseMs;
  let isFirst = false;
  await fenced(
    deps,
    buildId,
    claim,
    (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
    async (proven, token) => {
      const outcome = await deps.builds.heartbeat(buildId, proven, leaseUntil, token);
      isFirst = outcome.isFirst ?? false;
      return outcome;
    },
  );
  if (isFirst) await tellStarted(deps, buildId, claim.workerId);
  return leaseUntil;
}

/** A heartbeat that was refused would end the build on the worker: for a line of its story none is. */
async function tellStarted(deps: Deps, buildId: string, workerId: string): Promise<void> {
  try {
    await deps.builds.noteStarted(buildId, workerId, deps.clock());
  } catch (error) {
    deps.report({ event: 'event_not_stored', buildId, error });
  }
}
