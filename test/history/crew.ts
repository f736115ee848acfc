import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { TestWorker } from '../support/controller.ts';
import type { Dice } from './dice.ts';
import type { RecordedClient } from './recorded-client.ts';
import type { Asks, Way } from './recorded-submitter.ts';
import { type Habits, type Lost, type Sleeper, tryAgain, USUAL, work } from './simulated-worker.ts';
import { advance } from './time-travel.ts';
import { LEASE_MS, type World } from './world.ts';

export interface Crew {
  readonly world: World;
  readonly client: RecordedClient;
  readonly dice: Dice;
  readonly sleepers: Sleeper[];
  /** Sweeps that threw, as the scheduler would see it. */
  readonly failedSweeps: unknown[];
  /** Workers that were killed or put to sleep. */
  readonly lost: Lost[];
}

export interface Load {
  readonly builds: number;
  readonly pollers: number;
  readonly habits?: Partial<Habits>;
  /** Share of the builds that are cancelled as soon as they are there. */
  readonly cancels?: number;
  readonly platforms?: readonly string[];
  /** What each build asks for is one of these. */
  readonly asks?: readonly Asks[];
  /** How sources come; by chance where nothing is said. */
  readonly way?: Way;
  /** The labels of each worker are one of these. */
  readonly labels?: readonly (readonly string[])[];
}

const SUBMITTERS = 4;
/** A sweep in so many polls; several at once, as two schedulers may have it. */
const POLLS_PER_SWEEP = 25;
/** A worker goes home when so many polls in a row gave it nothing and nothing more is to come. */
const PATIENCE = 4;
/** A worker that got nothing for so long while there was work has a build that it does not know of; it starts anew. */
const DESPAIR = 15;

/** Submits, and lets workers work, until nothing is to be had any more. */
export async function runLoad(crew: Crew, load: Load): Promise<void> {
  const { builds, pollers, platforms = ['ios'] } = load;
  const habits = { ...USUAL, ...load.habits };
  const shift = { isOver: false, polls: 0, habits, platforms, ...(load.labels && { labels: load.labels }) };
  let left = builds;
  const submitters = times(SUBMITTERS, async () => {
    while (left > 0) {
      left -= 1;
      const asks = load.asks && crew.dice.pick(load.asks);
      const id = await crew.client.submit(crew.dice.pick(platforms), asks, load.way);
      if (id === undefined || !crew.dice.happens(load.cancels ?? 0)) continue;
      await crew.client.cancel(id);
      await tryAgain({ ...crew, habits }, id);
    }
  });
  const workers = times(pollers, () => pollUntilIdle(crew, shift));
  await submitters;
  shift.isOver = true;
  await workers;
}

interface Shift {
  readonly habits: Habits;
  readonly platforms: readonly string[];
  readonly labels?: readonly (readonly string[])[];
  isOver: boolean;
  polls: number;
}

async function pollUntilIdle(crew: Crew, shift: Shift): Promise<void> {
  const { client, dice, sleepers, lost } = crew;
  const labels = shift.labels && dice.pick(shift.labels);
  const hire = () => client.register([...shift.platforms], { ...(labels && { labels }) });
  let worker: TestWorker | undefined = await hire();
  for (let misses = 0; misses < PATIENCE || !shift.isOver; misses++) {
    if (!worker || misses >= DESPAIR) [worker, misses] = [await hire(), 0];
    if (!worker) continue;
    shift.polls += 1;
    if (shift.polls % POLLS_PER_SWEEP === 0) await sweep(crew);
    const job = await client.poll(worker);
    if (!job) await yieldToOthers();
    else if (await work({ client, dice, habits: shift.habits, sleepers, lost }, worker, job)) misses = -1;
    else [worker, misses] = [undefined, -1];
  }
}

/** A job for a worker of its own, in a queue that others use too. */
export async function employ({ client }: Crew): Promise<Lost | undefined> {
  await client.submit();
  const worker = await client.register();
  const job = worker && (await client.poll(worker));
  return worker && job && { worker, job };
}

/** As the schedule does it: what one sweep fails to do, the next does. */
export async function sweep({ world, failedSweeps }: Crew): Promise<void> {
  try {
    await world.controller.stack.runSchedule();
  } catch (error) {
    // The schedule throws so that its own error metric is true; a history must hold all the same.
    failedSweeps.push(error);
  }
}

const STEP_MS = 30_000;
export const DRAIN_BOUND_MS = 2 * LEASE_MS;
const DRAINERS = 4;

/**
 * Faults are off: new workers come, the schedule runs, the clock goes on in steps. Answers how long it took by that clock
 * until every build had ended, or the first step beyond the bound.
 */
export async function drain(crew: Crew, labels?: readonly string[]): Promise<number> {
  const { world, client } = crew;
  const platforms = ['ios', 'android'];
  const hired = await times(DRAINERS, () => client.register(platforms, { ...(labels && { labels }) }));
  const workers = hired.flatMap((worker) => worker ?? []);
  for (let elapsedMs = 0; ; elapsedMs += STEP_MS) {
    await world.controller.stack.runSchedule();
    await world.controller.stack.pollQueues();
    await Promise.all(workers.map((worker) => finishAll(crew, worker)));
    if (elapsedMs > DRAIN_BOUND_MS || (await world.isQuiet())) return elapsedMs;
    advance(STEP_MS);
  }
}

const DILIGENT: Habits = { ...USUAL, fails: 0, abandons: 0, leaves: 0, isCancelled: 0 };

/**
 * As many polls as the worker makes in one step, by the times it is told to wait: behind a wall of stale messages it is
 * told to come back soon.
 */
async function finishAll({ client, dice, sleepers, lost }: Crew, worker: TestWorker): Promise<void> {
  for (let waitedMs = 0; waitedMs < STEP_MS; ) {
    const { job, nextPollMs = STEP_MS } = await client.ask(worker);
    if (job) await work({ client, dice, habits: DILIGENT, sleepers, lost }, worker, job);
    else waitedMs += nextPollMs;
  }
}

export const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** Each of the list once, in lanes. */
export async function eachInLanes<T>(all: readonly T[], act: (each: T) => Promise<unknown>): Promise<void> {
  const rest = all.values();
  await inLanes(all.length, async () => {
    const next = rest.next();
    if (!next.done) await act(next.value);
  });
}

/** In lanes, so that what one does meets what others do. */
export async function inLanes(count: number, act: () => Promise<unknown>): Promise<void> {
  let left = count;
  await times(8, async () => {
    while (left > 0) {
      left -= 1;
      await act();
      await yieldToOthers();
    }
  });
}
