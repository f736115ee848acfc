import { ApiError, isTransient } from './api-error.ts';
import type { Clock } from './clock.ts';

export interface RetryPolicy {
  readonly tries: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

/** About 8 s in all: longer than a restart of the controller, short enough for somebody who mistyped the address. */
export const PATIENT: RetryPolicy = { tries: 5, baseMs: 500, maxMs: 8_000 };
/** For what must not be said twice. */
export const ONCE: RetryPolicy = { tries: 1, baseMs: 0, maxMs: 0 };
/** For programs that wait for a controller to come back, and are stopped by their signal. */
export const UNTIL_STOPPED: RetryPolicy = { tries: Number.POSITIVE_INFINITY, baseMs: 500, maxMs: 30_000 };

/** A controller may ask for patience, not for a standstill. */
const MAX_RETRY_AFTER_MS = 300_000;

export interface RetryContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly isWorthAnotherTry?: (error: unknown) => boolean;
  readonly onRetry?: ((error: unknown, delayMs: number) => void) | undefined;
}

/** Runs until it succeeds, fails for good, or the tries are used up. `run` must be safe to repeat. */
export async function withRetries<T>(
  run: (attempt: number) => Promise<T>,
  policy: RetryPolicy,
  context: RetryContext,
): Promise<T> {
  const isWorthAnotherTry = context.isWorthAnotherTry ?? isTransient;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      context.signal?.throwIfAborted();
      if (attempt >= policy.tries || !isWorthAnotherTry(error)) throw error;
      const delayMs = retryDelayMs(error, attempt, policy, context.random);
      context.onRetry?.(error, delayMs);
      await context.clock.wait(delayMs, context.signal);
    }
  }
}

/** Exponential with half of it jittered, so that clients thrown off together do not come back together. */
export function retryDelayMs(error: unknown, attempt: number, policy: RetryPolicy, random: () => number): number {
  const backoffMs = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt - 1, 20));
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  if (asked === undefined) return backoffMs * (0.5 + 0.5 * random());
  return Math.min(asked, MAX_RETRY_AFTER_MS) + policy.baseMs * random();
}
