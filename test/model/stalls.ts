/** An operation stops at a moment of its own until so many further commands have begun. */
export interface Stall {
  readonly moment: number;
  readonly commands: number;
}

/**
 * Interleavings as plain data: an operation runs through at once, except where it stalls. Taking a command or a stall out
 * leaves the others as they were, so a failure shrinks to the few that matter.
 */
export function createStalls() {
  const waiting: { left: number; readonly release: () => void }[] = [];

  async function releaseWhere(isOver: (left: number) => boolean): Promise<void> {
    for (const one of [...waiting].filter(({ left }) => isOver(left))) {
      waiting.splice(waiting.indexOf(one), 1);
      one.release();
      await allElseIsStill();
    }
  }

  return {
    turn: async (moment: number, stalls: readonly Stall[]): Promise<void> => {
      const stall = stalls.find((one) => one.moment === moment);
      if (!stall) return;
      await new Promise<void>((release) => waiting.push({ left: stall.commands, release }));
    },
    /** The command that has begun runs as far as it comes; then go on those that have waited long enough. */
    afterCommand: async () => {
      const before = [...waiting];
      await allElseIsStill();
      for (const one of before) one.left -= 1;
      await releaseWhere((left) => left <= 0);
    },
    releaseAll: async () => {
      while (waiting.length > 0) await releaseWhere(() => true);
    },
  };
}

/** No operation waits for anything but its turn: when the microtasks are through, all that can run has run. */
export const allElseIsStill = () => new Promise<void>((resolve) => setImmediate(resolve));
