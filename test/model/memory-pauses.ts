import type { PauseStore } from '../../lib/app/ports.ts';
import type { Platform } from '../../lib/domain/build.ts';
import { type Pauses, pastAfter } from '../../lib/domain/pause.ts';

/** The pauses in memory. What `kept` has is what is so. */
export function memoryPauses(kept: Map<Platform, Pauses>): PauseStore {
  const of = (platform: Platform): Pauses => kept.get(platform) ?? { platform, past: [] };
  const put = (pauses: Pauses): Pauses => {
    kept.set(pauses.platform, pauses);
    return pauses;
  };
  return {
    get: async (platform) => of(platform),
    pause: async (platform, pause) => put({ pause, ...of(platform) }),
    resume: async ({ platform, pause, past }, now) => {
      const present = of(platform);
      if (!pause || present.pause?.since !== pause.since) return present;
      return put({ platform, past: pastAfter({ platform, pause, past }, now) });
    },
  };
}
