import type { Platform } from '../domain/build.ts';
import type { Hint } from './queue-port.ts';

/** What is known of a build that waits without a message having been received: enough to assign it. */
export interface WaitingBuild extends Hint {
  readonly labels?: readonly string[];
}

/**
 * Builds that wait and have asked for something: an index that may lag behind by moments. It is a hint like a message: what
 * it names may be gone, and the conditions of the assignment say so.
 */
export interface WaitingBuilds {
  /** The first ones with priority that ask for no label. */
  urgent(platform: Platform): Promise<readonly WaitingBuild[]>;
  /** The first ones whose labels begin with this one and are all among `labels`. */
  labelled(platform: Platform, label: string, labels: readonly string[]): Promise<readonly WaitingBuild[]>;
}
