import type { Build } from '../domain/build.ts';
import type { LogLine } from '../domain/log-line.ts';
import type { Claim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import type { BuildStore, LogStore } from './ports.ts';

/** Stores lines of the holder. A sign of life too: a lease that is about to end is made longer, none is shortened. */
export async function appendLogs(
  deps: FenceDeps & { readonly builds: BuildStore; readonly logs: LogStore },
  buildId: string,
  claim: Claim,
  lines: readonly LogLine[],
  leaseMs: number,
): Promise<void> {
  const now = deps.clock();
  let build: Build | undefined;
  await fenced(
    deps,
    buildId,
    claim,
    (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
    async (proven) => {
      const outcome = await deps.logs.append(buildId, proven, lines, now);
      if (outcome.ok) build = outcome.build;
      return outcome;
    },
  );
  if (build && isEndingSoon(build, now, leaseMs)) await deps.builds.extendLease(build, now + leaseMs);
}

/** Two thirds: a chatty build must not cost a second write for each of its lines. */
function isEndingSoon(build: Build, now: number, leaseMs: number): boolean {
  return build.leaseUntil !== undefined && build.leaseUntil < now + (leaseMs * 2) / 3;
}
