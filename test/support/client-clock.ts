import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lib/client/clock.ts';

/** Time that runs `speed` times faster: programs under test wait as always, and tests take no time. */
export function fastClock(speed: number): Clock {
  return {
    now: () => performance.now() * speed,
    wait: async (ms, signal) => {
      await sleep(ms / speed, undefined, signal ? { signal } : {}).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error;
      });
    },
  };
}

export interface ManualClock extends Clock {
  /** Moves on, and lets what was waiting for it run. */
  advance(ms: number): Promise<void>;
  readonly waits: number[];
}

export function manualClock(): ManualClock {
  let now = 0;
  let waiting: { at: number; resolve: () => void }[] = [];
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        waits.push(ms);
        waiting.push({ at: now + ms, resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    advance: async (ms) => {
      now += ms;
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter(({ at }) => at > now);
      for (const { resolve } of due) resolve();
      // What was waiting may wait again before this returns.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Every wait is over at once, and recorded. */
export function instantClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    wait: async (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
