import type { Build } from '../domain/build.ts';
import type { VmClaim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import { keepAlive } from './keep-alive.ts';
import type { BuildStore } from './ports.ts';

/**
 * The virtual machine is ready to build: said again, the first time stands. Makes the lease longer if it is about to end
 * and never shorter: the worker learns of it within seconds, and from its first heartbeat on the lease is short.
 */
export async function vmReady(
  deps: FenceDeps & { readonly builds: BuildStore },
  buildId: string,
  claim: VmClaim,
  leaseMs: number,
): Promise<number> {
  const now = deps.clock();
  let build: Build | undefined;
  await fenced(
    deps,
    buildId,
    claim,
    (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
    async (proven) => {
      const outcome = await deps.builds.vmReady(buildId, proven, now);
      if (outcome.ok) build = outcome.build;
      return outcome;
    },
  );
  if (build) await keepAlive(deps.builds, build, now, leaseMs);
  return build?.vm?.readyAt ?? now;
}
