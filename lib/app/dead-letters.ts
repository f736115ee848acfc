import { hasMessages } from '../domain/line.ts';
import { sendHint } from './announce.ts';
import type { BuildQueue, BuildStore, Clock, DeadLetter, DeadLetters, Report } from './ports.ts';
import { leaveToTimeout } from './settle-message.ts';

/** What is looked at in one request, which must answer in time. */
export const MAX_LETTERS = 50;
/** A receive asks only some of SQS's servers: one that comes back empty proves little. */
const EMPTY_RECEIVES = 3;

/** Longer than the request that looks may take; it gives them back itself. */
const LOOK_SECONDS = 10;
/** Longer than the request that moves them may take: what it leaves behind comes back by itself. */
const MOVE_SECONDS = 30;

interface Looking {
  readonly deadLetters: DeadLetters;
  readonly report: Report;
}

interface Moving extends Looking {
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
  readonly clock: Clock;
}

/** Shows the dead letters and leaves them where they are. `mayHaveMore`: it has seen as many as it looks at. */
export async function listDeadLetters(deps: Looking): Promise<{ letters: DeadLetter[]; mayHaveMore: boolean }> {
  const letters: DeadLetter[] = [];
  for await (const batch of batches(deps.deadLetters, LOOK_SECONDS)) letters.push(...batch);
  await giveBackAll(deps, letters);
  return { letters, mayHaveMore: letters.length >= MAX_LETTERS };
}

export interface Redrive {
  /** Their builds wait, and have a new message. */
  redriven: number;
  /** Their builds do not wait any more, or need no message: there is nothing to bring. */
  deleted: number;
  /** None of ours: they stay, for somebody to look at. */
  malformed: number;
  /** They stay, and are worth another try. */
  failed: number;
  mayHaveMore: boolean;
}

/**
 * Brings builds whose messages were put aside back to the workers. A new message is sent before the dead one is deleted:
 * whatever gets lost between leaves one message too many, and never none.
 */
export async function redriveDeadLetters(deps: Moving): Promise<Redrive> {
  const counts: Redrive = { redriven: 0, deleted: 0, malformed: 0, failed: 0, mayHaveMore: false };
  const staying: DeadLetter[] = [];
  let seen = 0;
  for await (const batch of batches(deps.deadLetters, MOVE_SECONDS)) {
    seen += batch.length;
    await Promise.all(
      batch.map(async (letter) => {
        const outcome = await outcomeOf(deps, letter);
        counts[outcome] += 1;
        if (outcome === 'malformed' || outcome === 'failed') staying.push(letter);
      }),
    );
  }
  await giveBackAll(deps, staying);
  return { ...counts, mayHaveMore: seen >= MAX_LETTERS };
}

type Outcome = Exclude<keyof Redrive, 'mayHaveMore'>;

/** One that cannot be moved must not keep the others where they are. */
async function outcomeOf(deps: Moving, letter: DeadLetter): Promise<Outcome> {
  try {
    return await redrive(deps, letter);
  } catch (error) {
    deps.report({ event: 'message_left_to_timeout', messageId: letter.id, error });
    return 'failed';
  }
}

async function redrive(deps: Moving, letter: DeadLetter): Promise<Outcome> {
  if (!letter.hint) return 'malformed';
  const build = await deps.builds.get(letter.hint.buildId);
  if (build?.state !== 'pending' || !hasMessages(build)) {
    await deps.deadLetters.delete(letter);
    return 'deleted';
  }
  if (!build.source) return 'failed';
  await sendHint(deps, build, build.source);
  deps.report({ event: 'build_resent', buildId: build.id, attempt: build.attempt, sends: build.sends + 1 });
  await deps.deadLetters.delete(letter);
  return 'redriven';
}

async function* batches(deadLetters: DeadLetters, hiddenSeconds: number): AsyncGenerator<DeadLetter[]> {
  for (let seen = 0, empty = 0; seen < MAX_LETTERS && empty < EMPTY_RECEIVES; ) {
    const letters = await deadLetters.receive(hiddenSeconds);
    if (letters.length === 0) empty += 1;
    else yield letters;
    seen += letters.length;
  }
}

async function giveBackAll(deps: Looking, letters: readonly DeadLetter[]): Promise<void> {
  await Promise.all(letters.map((letter) => leaveToTimeout(deps, letter, () => deps.deadLetters.giveBack(letter))));
}
