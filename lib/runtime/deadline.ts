import { AsyncLocalStorage } from 'node:async_hooks';

const deadlines = new AsyncLocalStorage<AbortSignal>();

/** Runs with a signal that aborts every AWS call made within: past its deadline a request must not go on working. */
export function withDeadline<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  return deadlines.run(signal, run);
}

export function currentDeadline(): AbortSignal | undefined {
  return deadlines.getStore();
}
