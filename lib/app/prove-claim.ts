import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { LifeClaim } from '../domain/transitions.ts';
import { isOfEarlierProcess, isTokenGood } from '../domain/worker.ts';
import type { Clock, WorkerStore } from './ports.ts';

/**
 * Checks a token on the worker's own record (a worker that registered again holds a newer token than its grant). From
 * there on the worker's id is proof enough, so the answer is the claim without the token. But not for an earlier process of
 * the worker, which knows nothing of what its successor was given: a client that names no attempt would finish that.
 *
 * @param build that the claim is about, as it is now; absent where nothing is known of it yet.
 */
export async function proveByWorker<C extends LifeClaim>(
  deps: { readonly workers: WorkerStore; readonly clock: Clock },
  claim: C,
  build?: Build,
): Promise<C> {
  // A virtual machine's token is known to the build alone.
  if (!('workerId' in claim) || claim.tokenHash === undefined) return claim;
  const worker = await deps.workers.get(claim.workerId);
  if (!worker || !isTokenGood(worker, claim.tokenHash, deps.clock())) {
    throw new Rejection('worker_token_invalid', 'Invalid or expired worker token');
  }
  if (build && isOfEarlierProcess(worker, build, claim.tokenHash)) {
    throw new Rejection('lease_lost', 'Build was assigned to this worker after it had registered again');
  }
  const { tokenHash: _checked, ...proven } = claim;
  return proven as C;
}
