import { checkSchedules, checkStalls, inWords } from './schedules.ts';

/** What the soak asks of each sequence. */
const COMMANDS = { min: 50, max: 120 };

/**
 * The model at length: `runs` sequences of at least 50 commands each, step by step, and a quarter as many more with stalls.
 * Throws with the counterexample and its seed, or when it was ended before all were played; answers what it has seen.
 */
export async function soakModel({ runs, seed = Date.now() % 2 ** 31 }: { runs: number; seed?: number }) {
  const stalls = await checkStalls({ runs: Math.ceil(runs / 4), seed, commands: COMMANDS });
  const schedules = await checkSchedules({ runs, seed, commands: COMMANDS });
  return { seed, sequences: schedules.runs, stalled: stalls.runs, says: [stalls, schedules].map(inWords) };
}
