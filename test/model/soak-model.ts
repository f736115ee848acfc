import { checkSchedules, checkStalls, inWords, type Seen } from './schedules.ts';

/** What the soak asks of each sequence. */
const COMMANDS = { min: 50, max: 120 };

/**
 * The model at length: `runs` sequences of at least 50 commands each, half of them with stalls and half step by step.
 * Throws with the counterexample and its seed; answers what it has seen.
 */
export async function soakModel({ runs, seed = Date.now() % 2 ** 31 }: { runs: number; seed?: number }) {
  const half = Math.ceil(runs / 2);
  const seen: Seen[] = [
    await checkStalls({ runs: half, seed, commands: COMMANDS }),
    await checkSchedules({ runs: half, seed, commands: COMMANDS }),
  ];
  const sequences = seen.reduce((sum, one) => sum + one.runs, 0);
  return { seed, sequences, says: seen.map(inWords) };
}
