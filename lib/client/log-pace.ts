/** Whoever still follows a build that goes on for minutes waits for its end: three seconds are not noticed, and each call costs. */
const LONGEST_PAUSE_MS = 3_000;

/** The pause between two calls for the lines of a build, by how long it has gone on: at first `leastMs`, 3 s from the third minute on. */
export const growingPauseMs = (ageMs: number, leastMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(leastMs, ageMs / 60));
