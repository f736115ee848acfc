import type { PauseLookout } from '../app/ports.ts';
import { rememberedEach } from '../app/remembered-each.ts';
import type { Platform } from '../domain/build.ts';
import { WHILE_PAUSED_MS } from '../domain/pause.ts';

/**
 * Before a build is handed out it is asked anew, if what is known is older than this. So a pause holds a second after its
 * answer, and as long more as an assignment takes that had been let pass by then.
 */
const BEFORE_GRANT_MS = 1_000;

/**
 * What one execution environment remembers of pauses. That there is none it knows until a grant asks anew, so a poll that
 * finds no message never reads anything for it; and in an environment that knows of a pause no poll receives a message,
 * whose receives would count until its queue put it aside. An environment that knows nothing yet reads first.
 */
export function rememberedPauses(read: (platform: Platform) => Promise<boolean>, clock: () => number): PauseLookout {
  const known = rememberedEach(read, clock);
  return {
    isPaused: async (platform) => {
      const wasPaused = await known(platform, Number.POSITIVE_INFINITY);
      return wasPaused && known(platform, WHILE_PAUSED_MS);
    },
    isPausedNow: (platform) => known(platform, BEFORE_GRANT_MS),
  };
}
