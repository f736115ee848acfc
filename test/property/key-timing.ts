import { randomBytes } from 'node:crypto';
import { isSameSecret } from '../../lib/runtime/secrets.ts';
import type { Dice } from '../history/dice.ts';

/** One comparison is too short for the clock; so many together are not. */
const COMPARISONS = 40;
/** The slowest tenth is what else the machine did. */
const KEPT = 0.9;

/**
 * Whether the time of a comparison tells how much of a key was right: Welch's t between keys that are right but for the last
 * character and keys that are wrong from the first. Above 4.5 it does.
 */
export function keyTiming(pairs: number, dice: Dice, isSame = isSameSecret): number {
  const key = randomBytes(32).toString('base64url');
  const other = (character: string | undefined) => (character === 'A' ? 'B' : 'A');
  const presented = {
    close: flat(`${key.slice(0, -1)}${other(key.at(-1))}`),
    wrong: flat(`${other(key[0])}${key.slice(1)}`),
  };
  const samples: { close: number[]; wrong: number[] } = { close: [], wrong: [] };
  const measure = (kind: keyof typeof samples) => {
    const shown = presented[kind];
    const startedAt = process.hrtime.bigint();
    for (let n = 0; n < COMPARISONS; n++) isSame(shown, key);
    samples[kind].push(Number(process.hrtime.bigint() - startedAt));
  };
  for (let pair = -pairs / 10; pair < pairs; pair++) {
    // Whichever is measured second has the warmer cache: chance decides.
    const [first, second] = dice.happens(0.5) ? (['close', 'wrong'] as const) : (['wrong', 'close'] as const);
    measure(first);
    measure(second);
    // Until here the compiler was still at work on it.
    if (pair === 0) for (const kind of ['close', 'wrong'] as const) samples[kind].length = 0;
  }
  return welch(trimmed(samples.close), trimmed(samples.wrong));
}

/** A text put together stays in parts until somebody reads it: that must not be the one who is measured. */
const flat = (text: string) => Buffer.from(text).toString();

const trimmed = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b).slice(0, Math.ceil(values.length * KEPT));

function welch(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [momentsOf(a), momentsOf(b)];
  return (left.mean - right.mean) / Math.sqrt(left.variance / a.length + right.variance / b.length);
}

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}
