import type { Platform } from '../domain/build.ts';
import type { Pause, Pauses } from '../domain/pause.ts';

export interface PauseStore {
  /** A consistent read. */
  get(platform: Platform): Promise<Pauses>;
  /** Begins a pause. One that stands goes on standing, with its reason. Answers what then is so. */
  pause(platform: Platform, pause: Pause): Promise<Pauses>;
  /** Ends the pause that was seen, if it stands still. Answers what then is so. */
  resume(seen: Pauses, now: number): Promise<Pauses>;
}

/** What a poll has to know. */
export interface PauseLookout {
  /** Whether to look into the queue at all: as it was some seconds ago. */
  isPaused(platform: Platform): Promise<boolean>;
  /** Whether a build may be handed out: as it was a second ago at most. */
  isPausedNow(platform: Platform): Promise<boolean>;
}
