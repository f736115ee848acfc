import type { Build } from './build.ts';
import { hasMessages } from './line.ts';

/** When the sweep must look at a build. The time is a proposal; the condition of the repair decides. */

/**
 * A pending build whose message was sent is looked at again after two minutes, then at doubling distances up to an hour:
 * a message that got lost is replaced soon, and a long queue is not flooded with copies.
 */
const FIRST_RESEND_MS = 120_000;
const MAX_RESEND_MS = 3_600_000;

/** A new build. One without messages has nothing to be sent. */
export function firstDueAt(build: Build): number {
  return hasMessages(build) ? build.submittedAt : resendAt(build.submittedAt, 1);
}

/** @param sends how often a message has been sent for this attempt, this one included. */
export function resendAt(now: number, sends: number): number {
  return now + Math.min(MAX_RESEND_MS, FIRST_RESEND_MS * 2 ** Math.max(0, sends - 1));
}
