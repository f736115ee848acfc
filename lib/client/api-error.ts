/** The controller (or the object store) answered, and the answer is a refusal. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, text: string, more: { requestId?: string; retryAfterMs?: number } = {}) {
    super(text);
    this.status = status;
    this.code = code;
    this.requestId = more.requestId;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** No answer, or none in time. Whether the request had its effect is unknown. */
export class Unreachable extends Error {
  override name = 'Unreachable';
  readonly code = 'unreachable';
}

const TRANSIENT_STATUS = new Set([429, 502, 503, 504]);

/** True if the same request may well succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiError && TRANSIENT_STATUS.has(error.status);
}

export function hasStatus(error: unknown, ...statuses: number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
