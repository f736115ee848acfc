import type { Build } from '../domain/build.ts';
import { issuedTokenMask } from '../domain/issued-tokens.ts';
import { inBatches, type LogLine, logMark } from '../domain/log-line.ts';
import type { HolderClaim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import { keepAlive } from './keep-alive.ts';
import type { BuildStore, LogStore, Secrets } from './ports.ts';

/**
 * Stores lines of the holder. With the number of the first in its attempt a repeated call, whose answer was lost, adds
 * nothing. A sign of life too: a lease that is about to end is made longer, none is shortened.
 */
export async function appendLogs(
  deps: FenceDeps & { readonly builds: BuildStore; readonly logs: LogStore; readonly secrets: Pick<Secrets, 'hash'> },
  buildId: string,
  claim: HolderClaim,
  lines: readonly LogLine[],
  leaseMs: number,
  firstLine?: number,
): Promise<void> {
  const now = deps.clock();
  const maskFor = (seen: Build) => issuedTokenMask(seen, deps.secrets.hash);
  let build: Build | undefined;
  let next = firstLine;
  for (const batch of inBatches(lines)) {
    await fenced(
      deps,
      buildId,
      claim,
      (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
      async (proven) => {
        const outcome = await deps.logs.append(buildId, proven, batch, now, { maskFor, mark: markOf(proven, next) });
        if (outcome.ok) build = outcome.build;
        return outcome;
      },
    );
    if (next !== undefined) next += batch.length;
  }
  if (build) await keepAlive(deps.builds, build, now, leaseMs);
}

/** Who does not say which attempt it is of cannot number its lines. */
function markOf(claim: HolderClaim, firstLine: number | undefined): number | undefined {
  if (firstLine === undefined || !('attempt' in claim) || claim.attempt === undefined) return undefined;
  return logMark(claim.attempt, firstLine);
}
