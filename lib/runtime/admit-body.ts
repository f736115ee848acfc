import { heldBuild } from '../app/held-build.ts';
import { proveByWorker } from '../app/prove-claim.ts';
import { Rejection } from '../domain/rejection.ts';
import { type HolderClaim, isHeldBy } from '../domain/transitions.ts';
import type { Rule } from './access.ts';
import { type Caller, claimOf, type Gate } from './admission.ts';

export type AdmitBody = (rule: Rule, gate: Gate | undefined, caller: Caller, buildId?: string) => Promise<void>;

/**
 * The look before a large form of a holder is taken: nobody's bytes are stored who has not proved a credential. A key has
 * been looked at already. A token is proved by the build that the path names, or else by its worker's record: then the
 * build is named in the body.
 */
export const admitHolderBody: AdmitBody = async (rule, gate, caller, buildId) => {
  if (rule.for !== 'holder' || !gate || caller.key) return;
  const claim = claimOf(caller, rule, {});
  if (!isOfHolder(claim)) throw new Rejection('payload_too_large', 'The request body is too large');
  if (buildId === undefined) return void (await proveByWorker(gate, claim));
  const build = await gate.builds.get(buildId);
  // Its answer may have been lost: whether it brings the same file again is seen once the file is there.
  if (build?.state === 'completed' && isHeldBy(build, claim)) return;
  await heldBuild(gate, buildId, claim);
};

function isOfHolder(claim: ReturnType<typeof claimOf>): claim is HolderClaim {
  return 'workerId' in claim || 'vmTokenHash' in claim;
}
