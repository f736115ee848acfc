import { createHash } from 'node:crypto';

/** Chance that can be had again: the same seed, the same numbers. */
export interface Dice {
  /** A number in [0, 1). */
  roll(): number;
  /** True in this share of the calls. */
  happens(share: number): boolean;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(list: readonly T[]): T | undefined;
}

export function createDice(seed: string): Dice {
  // mulberry32: one 32-bit state is enough to choose faults by.
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(roll() * (to - from + 1));
  return { roll, between, happens: (share) => roll() < share, pick: (list) => list[between(0, list.length - 1)] };
}
