/** Why one try to assign one build to one worker did not succeed. */
export type AssignRefusal =
  | 'worker_busy'
  | 'worker_offline'
  | 'worker_not_found'
  | 'conflict'
  | 'build_absent'
  | 'build_moved'
  | 'labels_missing'
  | 'source_missing'
  | 'unreadable'
  | 'attempts_exhausted';

/**
 * What becomes of the message:
 * - `transient`: it goes back to the queue and the build stays pending;
 * - `permanent`: the build is marked failed, then the message is deleted;
 * - `stale`: it tells of something that is no longer so; it is deleted and nothing changes;
 * - `unknown`: the build is not there (yet): given back while the message is young, deleted when it is old.
 */
export type RefusalClass = 'transient' | 'permanent' | 'stale' | 'unknown';

export const REFUSAL_CLASS = {
  worker_busy: 'transient',
  worker_offline: 'transient',
  worker_not_found: 'transient',
  conflict: 'transient',
  build_absent: 'unknown',
  build_moved: 'stale',
  // A build that asks for labels needs no message: it is found without.
  labels_missing: 'stale',
  source_missing: 'permanent',
  unreadable: 'permanent',
  attempts_exhausted: 'permanent',
} as const satisfies Record<AssignRefusal, RefusalClass>;

/** The words the old controller used; scripts match on them. */
export const assignmentFailed = (reason: AssignRefusal) => `Assignment failed: ${reason}`;

/** A send may overtake a reader's view by moments; a message this old whose build is absent tells of nothing. */
export const ABSENT_BUILD_GRACE_MS = 15 * 60_000;

const GIVE_BACK_MIN_SECONDS = 5;
const GIVE_BACK_MAX_SECONDS = 60;

/**
 * Seconds for which a message that was given back stays hidden: at once, one bad head of the queue would be received
 * again and again at the speed of polling. Doubles with each receive, jittered by `chance` in [0, 1).
 */
export function giveBackSeconds(receives: number, chance: number): number {
  const ceiling = Math.min(GIVE_BACK_MAX_SECONDS, GIVE_BACK_MIN_SECONDS * 2 ** Math.max(1, receives));
  return Math.round(GIVE_BACK_MIN_SECONDS + (ceiling - GIVE_BACK_MIN_SECONDS) * chance);
}
