import type { Surroundings } from '../../dashboard/live.ts';

export interface VirtualSurroundings extends Surroundings {
  /** Lets so much time pass, with all that is due in it, in its order. */
  pass(ms: number): Promise<void>;
  hide(): void;
  show(): void;
  /** How many timers wait. */
  waiting(): number;
}

/** Time and looks that a test moves. */
export function virtualSurroundings(start = 1_795_665_600_000): VirtualSurroundings {
  let now = start;
  let isHidden = false;
  const timers = new Set<{ at: number; run: () => void }>();
  const listeners = new Set<() => void>();
  const turn = () => {
    for (const listener of [...listeners]) listener();
  };

  /** What was asked is answered before time goes on. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    clock: () => now,
    after: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    isHidden: () => isHidden,
    onVisibility: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    pass: async (ms) => {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = end;
    },
    hide: () => {
      isHidden = true;
      turn();
    },
    show: () => {
      isHidden = false;
      turn();
    },
    waiting: () => timers.size,
  };
}
