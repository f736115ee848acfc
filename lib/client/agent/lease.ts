import { type Clock, ignoreAbort } from '../clock.ts';
import { BuildStopped, type StopReason } from './build-stopped.ts';

export interface Lease {
  /** Aborted, with a `BuildStopped`, once this worker may not work on the build any more. */
  readonly signal: AbortSignal;
  /** Granted for so long, counted from when we asked: the controller granted it later than that, never earlier. */
  renew(durationMs: number, askedAt: number): void;
  /** It has run out unrenewed, and nobody has said that it is lost: another worker may have been given the build. */
  isInDoubt(): boolean;
  /** Resolves at once if the lease is known to be ours, or else when it is again. Rejects once it, or `signal`, is over. */
  held(signal?: AbortSignal): Promise<void>;
  revoke(reason: StopReason): void;
  /** The build is reported: nothing is held any more. */
  end(): void;
}

export interface Doubt {
  /** How long the work goes on after the lease has run out, while the controller says neither yes nor no. */
  readonly outageMs: number;
  readonly onDoubt?: () => void;
}

/**
 * A lease that fences itself: while it has run out, nothing is sent for it (`held`). The build itself goes on for a while:
 * a controller that was away has taken it from nobody, and its first answer tells. Counted on the monotonic clock; the two
 * machines' wall clocks are never compared.
 */
export function holdLease(
  clock: Clock,
  durationMs: number,
  askedAt: number,
  { outageMs, onDoubt }: Doubt = { outageMs: 0 },
): Lease {
  const held = new AbortController();
  const ended = new AbortController();
  let deadline = askedAt + durationMs;
  let renewed = new AbortController();
  const waiting = new Set<() => void>();
  const isInDoubt = () => clock.now() >= deadline;
  const watch = async () => {
    let isMentioned = false;
    while (!held.signal.aborted) {
      if (!isInDoubt()) isMentioned = false;
      else if (clock.now() >= deadline + outageMs) return held.abort(new BuildStopped('lease_expired'));
      else if (!isMentioned) {
        isMentioned = true;
        onDoubt?.();
      }
      // A renewal may shorten it: the first lease is long, for machines that have to boot.
      const { signal } = renewed;
      const until = AbortSignal.any([ended.signal, signal]);
      await clock.wait(deadline + (isMentioned ? outageMs : 0) - clock.now(), until).catch(ignoreAbort(signal));
    }
  };
  watch().catch((error: unknown) => {
    if (!ended.signal.aborted) held.abort(error);
  });
  return {
    signal: held.signal,
    isInDoubt,
    renew: (ms, since) => {
      deadline = since + ms;
      renewed.abort();
      renewed = new AbortController();
      for (const wake of waiting) wake();
    },
    held: async (signal) => {
      const over = signal ? AbortSignal.any([held.signal, signal]) : held.signal;
      over.throwIfAborted();
      while (isInDoubt()) await woken(waiting, over);
    },
    revoke: (reason) => {
      held.abort(new BuildStopped(reason));
      ended.abort();
    },
    end: () => ended.abort(),
  };
}

function woken(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => reject(signal.reason);
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener('abort', abort);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** `Date` has whole seconds, rounded down: the lease may be this much shorter than it looks. */
const DATE_HEADER_ERROR_MS = 1000;

/** How long a grant lasts by the controller's own clock, as far as its answer tells. */
export function grantedMs(leaseUntil: number, dateHeader: string | null, fallbackMs: number): number {
  const serverNow = Date.parse(dateHeader ?? '');
  return Number.isNaN(serverNow) ? fallbackMs : leaseUntil - serverNow - DATE_HEADER_ERROR_MS;
}
