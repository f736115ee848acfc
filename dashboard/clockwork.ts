import { type ReadonlySignal, signal } from '@preact/signals';
import type { Surroundings } from './live.ts';

export interface Clockwork {
  readonly now: ReadonlySignal<number>;
  /** Takes the controller's time over, which says it to the second. */
  adjust(serverTime: number): void;
}

const TICK_MS = 1_000;
/** Less is what a second's precision and a slow answer make. */
const TOLERATED_MS = 3_000;

/** A clock to show: the reader's, or the controller's where the two disagree, since all times are the controller's. */
export function createClockwork({ clock, after, isHidden, onVisibility }: Surroundings): Clockwork {
  let ahead = 0;
  const now = signal(clock());
  let cancel = () => {};
  function tick(): void {
    cancel();
    now.value = clock() + ahead;
    if (!isHidden()) cancel = after(TICK_MS, tick);
  }
  onVisibility(tick);
  tick();
  return {
    now,
    adjust: (serverTime) => {
      const difference = serverTime - clock();
      const wanted = Math.abs(difference) > TOLERATED_MS ? difference : 0;
      if (Math.abs(wanted - ahead) > TOLERATED_MS) ahead = wanted;
    },
  };
}
