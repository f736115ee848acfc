import { hasStatus } from '../api-error.ts';
import { type Clock, ignoreAbort } from '../clock.ts';
import type { Answer } from '../request.ts';
import type { StopReason } from './build-stopped.ts';
import type { Lease } from './lease.ts';

export interface HeartbeatDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly lease: Lease;
  readonly intervalMs: number;
  readonly beat: (limits: {
    timeoutMs: number;
    signal: AbortSignal;
  }) => Promise<Answer<{ timestamp: number; lease_until: number }>>;
}

/** A missed beat is repeated sooner than the next is due: the lease is worth more than the request. */
const RETRY_MS = 2_000;
const MIN_TIMEOUT_MS = 1_000;
/** A network that swallows requests must not cost more than one of the beats that a lease has room for. */
const MAX_TIMEOUT_MS = 15_000;

/** Beats at once and then at the interval, until `signal` or the lease ends it. Independent of the log's progress. */
export async function keepLease(deps: HeartbeatDeps, signal: AbortSignal): Promise<void> {
  const { clock, lease, intervalMs, random } = deps;
  const until = AbortSignal.any([signal, lease.signal]);
  while (!until.aborted) {
    const isRenewed = await beatOnce(deps, until);
    // A little early: intervals of many workers should not line up.
    const delayMs = (isRenewed ? intervalMs : Math.min(intervalMs, RETRY_MS)) * (0.9 + 0.1 * random());
    await clock.wait(delayMs, until).catch(ignoreAbort(until));
  }
}

async function beatOnce({ beat, lease, intervalMs }: HeartbeatDeps, signal: AbortSignal): Promise<boolean> {
  const timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, intervalMs));
  try {
    const { body, sentAt } = await beat({ timeoutMs, signal });
    lease.renew(body.lease_until - body.timestamp, sentAt);
    return true;
  } catch (error) {
    const reason = refusalReason(error);
    if (reason) lease.revoke(reason);
    // Anything else is the network's or the controller's trouble, and the lease's deadline is the bound on it.
    return false;
  }
}

/** The answers that tell a worker to stop: somebody else has the build, or it is over. */
export function refusalReason(error: unknown): StopReason | undefined {
  if (hasStatus(error, 410)) return 'cancelled';
  return hasStatus(error, 403, 404, 409) ? 'lease_lost' : undefined;
}
