import { Rejection, type RejectionCode } from '../domain/rejection.ts';
import { isTemporaryFailure } from './temporary-failure.ts';

/** The statuses are those that the old clients act on; 409 and 410 tell a worker to stop. */
const HTTP: Record<RejectionCode, { readonly status: number; readonly retry: 'never' | 'later' }> = {
  invalid_request: { status: 400, retry: 'never' },
  missing_credential: { status: 401, retry: 'never' },
  invalid_credential: { status: 403, retry: 'never' },
  scope_missing: { status: 403, retry: 'never' },
  worker_token_invalid: { status: 401, retry: 'never' },
  vm_token_invalid: { status: 401, retry: 'never' },
  otp_refused: { status: 401, retry: 'never' },
  not_found: { status: 404, retry: 'never' },
  build_not_found: { status: 404, retry: 'never' },
  worker_not_found: { status: 404, retry: 'never' },
  key_not_found: { status: 404, retry: 'never' },
  result_not_found: { status: 404, retry: 'never' },
  source_missing: { status: 404, retry: 'never' },
  invalid_certs: { status: 400, retry: 'never' },
  certs_not_found: { status: 404, retry: 'never' },
  certs_gone: { status: 400, retry: 'never' },
  // Not 409: the scripts that fetch signing material give up at 403, and come back after everything else.
  not_assigned: { status: 403, retry: 'never' },
  build_not_completed: { status: 400, retry: 'never' },
  already_finished: { status: 400, retry: 'never' },
  not_finished: { status: 400, retry: 'never' },
  source_gone: { status: 400, retry: 'never' },
  repeated_differently: { status: 409, retry: 'never' },
  lease_lost: { status: 409, retry: 'never' },
  build_cancelled: { status: 410, retry: 'never' },
  build_finished: { status: 410, retry: 'never' },
  wrong_state: { status: 409, retry: 'never' },
  upload_missing: { status: 400, retry: 'never' },
  upload_not_found: { status: 404, retry: 'never' },
  upload_incomplete: { status: 409, retry: 'never' },
  upload_damaged: { status: 400, retry: 'never' },
  payload_too_large: { status: 413, retry: 'never' },
  unreadable_record: { status: 500, retry: 'never' },
  contended: { status: 503, retry: 'later' },
  unavailable: { status: 503, retry: 'later' },
};

/** For the description of the API. */
export const HTTP_STATUSES = Object.fromEntries(
  Object.entries(HTTP).map(([code, { status }]) => [code, status]),
) as Record<RejectionCode, number>;

const RETRY_AFTER_SECONDS = 5;

export interface Failure {
  readonly status: number;
  readonly code: RejectionCode | 'internal_error';
  readonly error: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a caller is told. Of what was not expected it is told nothing but that it happened. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Rejection) return rendered(error.code, error.message);
  if (isTemporaryFailure(error)) return rendered('unavailable', 'Temporarily unavailable; try again');
  return { status: 500, code: 'internal_error', error: 'Internal error', headers: {} };
}

function rendered(code: RejectionCode, error: string): Failure {
  const { status, retry } = HTTP[code];
  const headers: Record<string, string> = retry === 'later' ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
  return { status, code, error, headers };
}
