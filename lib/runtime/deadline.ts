import { AsyncLocalStorage } from 'node:async_hooks';

interface Request {
  readonly signal: AbortSignal;
  readonly requestId: string | undefined;
}

const requests = new AsyncLocalStorage<Request>();

/**
 * Runs with a signal that aborts every AWS call made within: past its deadline a request must not go on working. What is
 * logged within bears the request's id.
 */
export function withDeadline<T>(signal: AbortSignal, run: () => Promise<T>, requestId?: string): Promise<T> {
  return requests.run({ signal, requestId }, run);
}

export function currentDeadline(): AbortSignal | undefined {
  return requests.getStore()?.signal;
}

export function currentRequestId(): string | undefined {
  return requests.getStore()?.requestId;
}
