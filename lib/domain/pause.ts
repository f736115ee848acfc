import type { Platform } from './build.ts';

/** Why nothing is handed out for a platform. */
export interface Pause {
  /** For people. */
  readonly reason: string;
  readonly since: number;
  /** The id of the key that asked for it. */
  readonly by: string;
}

/** Whoever has learnt of a pause asks so often whether it still stands. */
export const WHILE_PAUSED_MS = 5_000;

/** A time for which nothing was handed out; ms since 1970. */
export interface Paused {
  readonly from: number;
  readonly to: number;
}

/** What is known of a platform's pauses. */
export interface Pauses {
  readonly platform: Platform;
  /** The one that stands. */
  readonly pause?: Pause;
  /** Those that have ended, the last one last. */
  readonly past: readonly Paused[];
}

/**
 * Of so many that have ended is known when they were. A build that has waited through more of them is held the first ones
 * against: its time in the queue may end some of these pauses too early.
 */
const MAX_PAST = 50;

/** The past once the pause that stands has ended. */
export function pastAfter({ pause, past }: Pauses, now: number): readonly Paused[] {
  return pause ? [...past, { from: pause.since, to: Math.max(pause.since, now) }].slice(-MAX_PAST) : past;
}

/** For how much of the time between two moments nothing was handed out. */
export function pausedMs(pauses: Pauses, from: number, to: number): number {
  return pastAfter(pauses, to).reduce((sum, paused) => {
    return sum + Math.max(0, Math.min(to, paused.to) - Math.max(from, paused.from));
  }, 0);
}
