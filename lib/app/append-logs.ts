import type { Build } from '../domain/build.ts';
import { issuedTokenMask } from '../domain/issued-tokens.ts';
import { inBatches, type LogLine } from '../domain/log-line.ts';
import type { HolderClaim } from '../domain/transitions.ts';
import { type FenceDeps, fenced } from './fenced.ts';
import { keepAlive } from './keep-alive.ts';
import type { BuildStore, LogStore, Secrets } from './ports.ts';

/** Stores lines of the holder. A sign of life too: a lease that is about to end is made longer, none is shortened. */
export async function appendLogs(
  deps: FenceDeps & { readonly builds: BuildStore; readonly logs: LogStore; readonly secrets: Pick<Secrets, 'hash'> },
  buildId: string,
  claim: HolderClaim,
  lines: readonly LogLine[],
  leaseMs: number,
): Promise<void> {
  const now = deps.clock();
  const maskFor = (seen: Build) => issuedTokenMask(seen, deps.secrets.hash);
  let build: Build | undefined;
  for (const batch of inBatches(lines)) {
    await fenced(
      deps,
      buildId,
      claim,
      (proven) => ({ type: 'heartbeat', claim: proven, leaseMs }),
      async (proven) => {
        const outcome = await deps.logs.append(buildId, proven, batch, now, maskFor);
        if (outcome.ok) build = outcome.build;
        return outcome;
      },
    );
  }
  if (build) await keepAlive(deps.builds, build, now, leaseMs);
}
