import { Rejection } from '../domain/rejection.ts';
import type { LifeClaim } from '../domain/transitions.ts';
import { isTokenGood } from '../domain/worker.ts';
import type { Clock, WorkerStore } from './ports.ts';

/**
 * Checks a token on the worker's own record (a worker that registered again holds a newer token than its grant). From
 * there on the worker's id is proof enough, so the answer is the claim without the token.
 */
export async function proveByWorker<C extends LifeClaim>(
  deps: { readonly workers: WorkerStore; readonly clock: Clock },
  claim: C,
): Promise<C> {
  // A virtual machine's token is known to the build alone.
  if (!('workerId' in claim) || claim.tokenHash === undefined) return claim;
  const worker = await deps.workers.get(claim.workerId);
  if (!worker || !isTokenGood(worker, claim.tokenHash, deps.clock())) {
    throw new Rejection('worker_token_invalid', 'Invalid or expired worker token');
  }
  const { tokenHash: _checked, ...proven } = claim;
  return proven as C;
}
