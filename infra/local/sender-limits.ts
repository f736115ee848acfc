/** How long a client may take to send, so that slow ones hold nothing for long. */
export interface SenderLimits {
  readonly headersWithinMs: number;
  /** The body of a request that a function gets whole: the integration timeout of an HTTP API. */
  readonly bodyWithinMs: number;
  /** A large file too. */
  readonly requestWithinMs: number;
  /** Nothing may stand still for longer, either way. */
  readonly idleMs: number;
  /** How often headers and requests are looked at: they may take so much longer. */
  readonly checkEveryMs: number;
}

export const SENDER_LIMITS: SenderLimits = {
  headersWithinMs: 15_000,
  bodyWithinMs: 30_000,
  requestWithinMs: 3_600_000,
  idleMs: 120_000,
  checkEveryMs: 5_000,
};
