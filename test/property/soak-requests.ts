import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createDice } from '../history/dice.ts';
import { takeProblems } from '../support/check-answers.ts';
import { keyTiming } from './key-timing.ts';
import { sendGenerated } from './send-generated.ts';

/** The part of the plan that is bad input: requests that nobody thought of, how long they take, and what a comparison tells. */
export const REQUESTS = {
  name: 'requests',
  fault: 'bad input to every endpoint',
  volume: 100_000,
  run: runInItsThread,
} as const;

const P99_BELOW_MS = 50;

const KEY_PAIRS = 10_000;
/** The figure of the usual leakage test: beyond it, chance is out of the question. */
const T_BELOW = 4.5;

interface Found {
  readonly broken: readonly string[];
  readonly injected: number;
  readonly operations: number;
  readonly note: string;
}

/** Functions read their environment when they are loaded, once in a thread; in the soak's they belong to the rows' controller. */
async function runInItsThread(runs: number, seed: string): Promise<Found> {
  const thread = new Worker(new URL(import.meta.url), { workerData: { runs, seed } });
  const [found] = await once(thread, 'message');
  return found;
}

if (!isMainThread && parentPort) parentPort.postMessage(await runRequests(workerData.runs, workerData.seed));

async function runRequests(runs: number, seed: string): Promise<Found> {
  const broken: string[] = [];
  const notes: string[] = [];
  const dice = createDice(seed);
  try {
    const { ms, statuses } = await sendGenerated(runs, dice.between(0, 2 ** 31 - 1));
    const p99 = ms.toSorted((a, b) => a - b)[Math.floor(ms.length * 0.99)] ?? 0;
    notes.push(`p99 ${p99.toFixed(1)} ms`, [...statuses].map(([status, count]) => `${status}: ${count}`).join(' '));
    if (p99 >= P99_BELOW_MS) broken.push(`p99 of the handlers is ${p99.toFixed(1)} ms, not below ${P99_BELOW_MS}`);
  } catch (error) {
    // What fast-check throws: the counterexample, shrunk, and its seed.
    if (!(error instanceof Error)) throw error;
    broken.push(`${error.message}\n${error.cause instanceof Error ? error.cause.message : ''}`);
  }
  const t = keyTiming(KEY_PAIRS, dice);
  notes.push(`comparison of keys: t ${t.toFixed(2)}`);
  if (Math.abs(t) >= T_BELOW)
    broken.push(`the time of a comparison tells how much of a key is right: t ${t.toFixed(2)}`);
  return { broken: [...broken, ...takeProblems()], injected: 0, operations: runs, note: notes.join('; ') };
}
