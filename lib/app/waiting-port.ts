import type { Platform } from '../domain/build.ts';
import type { Hint } from './queue-port.ts';

/** What is known of a build that waits without a message having been received: enough to assign it. */
export interface WaitingBuild extends Hint {
  readonly labels?: readonly string[];
}

/**
 * Builds that wait, found without their message: indexes that may lag behind by moments. They are hints like a message: what
 * they name may be gone, and the conditions of the assignment say so.
 */
export interface WaitingBuilds {
  /** The first ones with priority that ask for no label. */
  urgent(platform: Platform): Promise<readonly WaitingBuild[]>;
  /** The first ones whose labels begin with this one and are all among `labels`. */
  labelled(platform: Platform, label: string, labels: readonly string[]): Promise<readonly WaitingBuild[]>;
  /**
   * Some that a worker with these labels could be given, whatever else they asked for: of those that were submitted first or, where
   * there is none among them, last. Which ones, `chance` in [0, 1) says: workers that ask at once are to get different ones.
   */
  some(platform: Platform, labels: readonly string[], chance: number): Promise<readonly WaitingBuild[]>;
}
