import { describe, expect, it } from 'vitest';
import { MODEL_RUNS, MODEL_SEED } from './amount.ts';
import { checkSchedules, checkStalls, inWords } from './schedules.ts';

const AMOUNT = { runs: MODEL_RUNS, seed: MODEL_SEED, commands: { min: 10, max: 80 } };
/** Only what has failed takes long: it is made shorter. */
const PATIENCE = { timeout: 120_000 + 100 * MODEL_RUNS };

describe('clients, workers and controllers that run into one another', () => {
  it.each([
    ['stop between two of their steps', checkStalls, MODEL_RUNS / 10],
    // Step by step the polls share the stale messages: few meet ten of them.
    ['take every step when it is drawn', checkSchedules, undefined],
  ])('keep every promise when they %s, with faults at any of them', PATIENCE, async (_how, check, looks) => {
    console.log(`MODEL_SEED=${MODEL_SEED}`);
    const seen = await check(AMOUNT);
    console.log(inWords(seen));
    expect(seen.runs).toBe(MODEL_RUNS);
    // A model in which nothing happens would keep every promise.
    expect(seen.grants).toBeGreaterThan(MODEL_RUNS);
    expect(seen.completed).toBeGreaterThan(MODEL_RUNS / 2);
    if (looks === undefined) return;
    expect(seen.looksWithoutMessage).toBeGreaterThanOrEqual(looks);
    expect(seen.grantsWithoutMessage).toBeGreaterThan(0);
  });
});
