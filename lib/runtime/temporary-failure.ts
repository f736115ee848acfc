import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';

/** A failure that the same request may not meet again: throttles, timeouts, lost connections, errors on AWS's side. */
export function isTemporaryFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TEMPORARY_NAMES.has(error.name) || TEMPORARY_CODES.has(codeOf(error))) return true;
  if (hasThrottledPart(error)) return true;
  // All that an SDK error has beside an error's own fields is optional, and looked at as such.
  const sdkError = error as Parameters<typeof isServerError>[0];
  return isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError);
}

/** `AbortError`: our own deadline ended the call. A conflict comes here when it has outlasted its repetitions. */
const TEMPORARY_NAMES = new Set([
  'TimeoutError',
  'AbortError',
  'TransactionConflictException',
  'TransactionInProgressException',
]);
const TEMPORARY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A transaction that was cancelled because one of its parts was throttled is a throttle. */
function hasThrottledPart(error: Error): boolean {
  if (!('CancellationReasons' in error) || !Array.isArray(error.CancellationReasons)) return false;
  return error.CancellationReasons.some(({ Code }) => THROTTLED_PARTS.has(Code));
}

const THROTTLED_PARTS = new Set<unknown>(['ProvisionedThroughputExceeded', 'ThrottlingError', 'TransactionConflict']);
