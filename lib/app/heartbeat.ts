import type { LifeClaim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import type { BuildStore } from './ports.ts';

/** The holder is alive: the lease now ends `leaseMs` from now. Answers its end. */
export async function heartbeat(
  deps: FenceDeps & { readonly builds: BuildStore },
  buildId: string,
  claim: LifeClaim,
  leaseMs: number,
): Promise<number> {
  const now = deps.clock();
  const leaseUntil = now + leaseMs;
  await fenced(
    deps,
    buildId,
    claim,
    (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
    (proven, rebindTo) => deps.builds.heartbeat(buildId, proven, { now, leaseUntil, rebindTo }),
  );
  return leaseUntil;
}
