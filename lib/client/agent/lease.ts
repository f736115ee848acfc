import type { Clock } from '../clock.ts';
import { BuildStopped, type StopReason } from './build-stopped.ts';

export interface Lease {
  /** Aborted, with a `BuildStopped`, once this worker may not work on the build any more. */
  readonly signal: AbortSignal;
  /** Granted for so long, counted from when we asked: the controller granted it later than that, never earlier. */
  renew(durationMs: number, askedAt: number): void;
  revoke(reason: StopReason): void;
  /** The build is reported: nothing is held any more. */
  end(): void;
}

/**
 * A lease that fences itself: if no renewal arrives in time the work stops, because by then another worker may have
 * been given the build. Counted on the monotonic clock; the two machines' wall clocks are never compared.
 */
export function holdLease(clock: Clock, durationMs: number, askedAt: number): Lease {
  const held = new AbortController();
  const ended = new AbortController();
  let deadline = askedAt + durationMs;
  const watch = async () => {
    while (!held.signal.aborted) {
      const left = deadline - clock.now();
      if (left <= 0) held.abort(new BuildStopped('lease_expired'));
      else await clock.wait(left, ended.signal);
    }
  };
  watch().catch((error: unknown) => {
    if (!ended.signal.aborted) held.abort(error);
  });
  return {
    signal: held.signal,
    renew: (ms, since) => {
      deadline = since + ms;
    },
    revoke: (reason) => {
      held.abort(new BuildStopped(reason));
      ended.abort();
    },
    end: () => ended.abort(),
  };
}

/** `Date` has whole seconds, rounded down: the lease may be this much shorter than it looks. */
const DATE_HEADER_ERROR_MS = 1000;

/** How long a grant lasts by the controller's own clock, as far as its answer tells. */
export function grantedMs(leaseUntil: number, dateHeader: string | null, fallbackMs: number): number {
  const serverNow = Date.parse(dateHeader ?? '');
  return Number.isNaN(serverNow) ? fallbackMs : leaseUntil - serverNow - DATE_HEADER_ERROR_MS;
}
