import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { client } from '../support/controller.ts';
import type { Entry, Facts, History, Outcome, Violation } from './history.ts';

export type Http = ReturnType<typeof client>;
export type Answer = Awaited<ReturnType<Http['request']>>;

export type Subject = Pick<Entry, 'op' | 'build' | 'attempt' | 'worker' | 'isEarlier' | 'platform' | 'key' | 'sha256'>;

export interface Recorder {
  readonly entries: readonly Entry[];
  /** Sends a request and keeps what its client saw of it. `factsOf` reads an answer of success. */
  record(subject: Subject, send: () => Promise<Answer>, factsOf?: (answer: Answer) => Facts): Promise<Outcome>;
}

/** Keeps the history of one run. `now` is the controller's clock. */
export function createRecorder(now: () => number = () => Date.now()): Recorder {
  const entries: Entry[] = [];
  let last = 0;
  // Two requests within one millisecond still have an order: that in which this process saw them.
  const stamp = () => {
    last = Math.max(now(), last + 0.001);
    return last;
  };
  return {
    entries,
    async record(subject, send, factsOf = () => ({})) {
      const invokedAt = stamp();
      const startedAt = performance.now();
      const outcome = await outcomeOf(send, factsOf);
      const tookMs = Math.round(performance.now() - startedAt);
      entries.push({ ...subject, invokedAt, answeredAt: stamp(), tookMs, outcome });
      return outcome;
    },
  };
}

async function outcomeOf(send: () => Promise<Answer>, factsOf: (answer: Answer) => Facts): Promise<Outcome> {
  let answer: Answer;
  try {
    answer = await send();
  } catch (error) {
    // What `fetch` throws when the connection was lost; anything else is a mistake of the test's.
    if (error instanceof TypeError && error.cause instanceof Error) return { kind: 'unknown' };
    throw error;
  }
  const { status, headers, body } = answer;
  const code = String(body?.code ?? body?.message ?? '');
  if (status >= 500) return { kind: 'unknown', status, code, retryAfter: headers.has('retry-after') };
  return status >= 400 ? { kind: 'refused', status, code } : { kind: 'ok', facts: factsOf(answer) };
}

/** What a request is called that must not count twice. */
export const newName = () => randomBytes(12).toString('hex');

/** Lost answers are asked for again, as the clients in the field do; each try is an entry of the history. */
const TRIES = 6;

/** Until it is answered. */
export async function insist(send: () => Promise<Outcome>): Promise<Outcome> {
  let outcome = await send();
  for (let tries = 1; outcome.kind === 'unknown' && tries < TRIES; tries++) outcome = await send();
  return outcome;
}

/** One line for each violation, entry and record: what a person, or `jq`, looks at first. */
export async function dump(file: string, history: History, violations: readonly Violation[]): Promise<void> {
  const { builds, workers, events, ...rest } = history.evidence;
  const lines = [
    ...violations.map((violation) => ({ violation })),
    ...history.entries.map((entry) => ({ entry })),
    ...builds.map((build) => ({ build })),
    ...workers.map((worker) => ({ worker })),
    ...events.map((event) => ({ event })),
    { evidence: rest },
  ];
  await writeFile(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}
