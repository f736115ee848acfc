import { Rejection } from '../domain/rejection.ts';
import { isTokenGood, type Worker } from '../domain/worker.ts';
import type { Clock, WorkerStore } from './ports.ts';

/** What a worker shows: a token (with the id it carries), or the id alone where the API key was shown with it. */
export interface WorkerCredential {
  readonly workerId: string;
  readonly tokenHash?: string;
}

/**
 * Finds the worker behind the first credential that is good. A bad one beside a good one does no harm.
 * @param credentials token first: it says more than an id.
 */
export async function authenticateWorker(
  deps: { readonly workers: WorkerStore; readonly clock: Clock },
  credentials: readonly WorkerCredential[],
): Promise<{ worker: Worker; tokenHash: string; isToken: boolean }> {
  for (const { workerId, tokenHash } of credentials) {
    const worker = await deps.workers.get(workerId);
    if (worker && (tokenHash === undefined || isTokenGood(worker, tokenHash, deps.clock()))) {
      return { worker, tokenHash: tokenHash ?? worker.token.hash, isToken: tokenHash !== undefined };
    }
  }
  // The old clients forget their id on 404 and register again with it on 401.
  if (credentials.some(({ tokenHash }) => tokenHash === undefined)) {
    throw new Rejection('worker_not_found', 'Worker not found');
  }
  throw new Rejection('worker_token_invalid', 'Invalid or expired worker token');
}
