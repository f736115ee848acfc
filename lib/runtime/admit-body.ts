import { heldBuild } from '../app/held-build.ts';
import { proveByWorker } from '../app/prove-claim.ts';
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
  const claim = claimOf(caller, rule.tokens, {});
  if (buildId === undefined) await proveByWorker(gate, claim);
  else await heldBuild(gate, buildId, claim);
};
