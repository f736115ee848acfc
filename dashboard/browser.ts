import type { Surroundings } from './live.ts';
import type { KeptKeys } from './session.ts';

/** The browser's own time and looks. */
export const surroundings: Surroundings = {
  clock: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  isHidden: () => document.hidden,
  onVisibility: (run) => {
    document.addEventListener('visibilitychange', run);
    return () => document.removeEventListener('visibilitychange', run);
  },
};

/** Some browsers are told to keep nothing, and throw at the very mention. */
export function storageOf(name: 'sessionStorage' | 'localStorage'): KeptKeys {
  try {
    return window[name];
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
