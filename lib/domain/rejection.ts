/** Every expected refusal. One closed list: a new code without an HTTP status does not compile. */
export type RejectionCode =
  | 'invalid_request'
  | 'missing_credential'
  | 'invalid_credential'
  | 'scope_missing'
  | 'worker_token_invalid'
  | 'vm_token_invalid'
  | 'otp_refused'
  | 'not_found'
  | 'build_not_found'
  | 'worker_not_found'
  | 'key_not_found'
  | 'result_not_found'
  | 'source_missing'
  | 'invalid_certs'
  | 'certs_not_found'
  | 'certs_gone'
  | 'not_assigned'
  | 'build_not_completed'
  | 'already_finished'
  | 'not_finished'
  | 'source_gone'
  | 'repeated_differently'
  | 'lease_lost'
  | 'build_cancelled'
  | 'build_finished'
  | 'wrong_state'
  | 'upload_missing'
  | 'upload_not_found'
  | 'upload_incomplete'
  | 'upload_damaged'
  | 'payload_too_large'
  | 'unreadable_record'
  | 'contended'
  | 'unavailable';

/** The only domain error. The domain returns refusals; use cases throw them; each pipeline maps them once. */
export class Rejection extends Error {
  override name = 'Rejection';
  readonly code: RejectionCode;

  constructor(code: RejectionCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
