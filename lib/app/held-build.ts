import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { type HolderClaim, decide, type Claim } from '../domain/transitions.ts';
import type { FenceDeps } from './fenced.ts';
import type { BuildStore } from './ports.ts';
import { proveByWorker } from './prove-claim.ts';

/** Reads a build for its holder. Refuses everybody else, and the holder once its lease is gone or the build has ended. */
export async function heldBuild(
  deps: FenceDeps & { readonly builds: BuildStore },
  buildId: string,
  claim: HolderClaim,
): Promise<Build> {
  const build = await deps.builds.get(buildId);
  const isProvenByGrant = build !== undefined && 'workerId' in claim && isGranted(build, claim);
  const proven = isProvenByGrant ? claim : await proveByWorker(deps, claim, build);
  if (!build) throw new Rejection('build_not_found', 'Build not found');
  const decision = decide(build, { type: 'heartbeat', claim: proven, leaseMs: 0 }, deps.clock());
  if (!decision.ok) throw new Rejection(decision.code, decision.why);
  return build;
}

function isGranted({ holder }: Build, { tokenHash }: Claim): boolean {
  return tokenHash !== undefined && tokenHash === holder?.tokenHash;
}
