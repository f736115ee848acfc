import type { Dice } from '../history/dice.ts';
import { allElseIsStill } from './stalls.ts';

/** Operations that run at once, where at each step chance says who goes on. */
export function createTurns(dice: Dice) {
  const waiting: (() => void)[] = [];
  return {
    turn: () => new Promise<void>((goOn) => void waiting.push(goOn)),
    /** Until all of them are through; `between` sees the world between each two steps. */
    run: async (running: readonly Promise<unknown>[], between: () => void): Promise<void> => {
      let isOver = false;
      const all = Promise.all(running).finally(() => {
        isOver = true;
      });
      for (;;) {
        await allElseIsStill();
        between();
        if (isOver) break;
        waiting.splice(dice.between(0, waiting.length - 1), 1)[0]?.();
      }
      await all;
    },
  };
}
