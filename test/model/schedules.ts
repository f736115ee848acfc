import fc from 'fast-check';
import { type Action, action } from './actions.ts';
import { SETTINGS } from './settings.ts';
import { createSimulation, type Simulation, type Turn } from './simulation.ts';
import { createStalls } from './stalls.ts';

export interface Amount {
  readonly runs: number;
  readonly seed: number;
  readonly commands: { readonly min: number; readonly max: number };
}

const NOTHING_SEEN = {
  runs: 0,
  commands: 0,
  grants: 0,
  requeued: 0,
  builds: 0,
  completed: 0,
  refused: 0,
  looksWithoutMessage: 0,
  grantsWithoutMessage: 0,
};
export type Seen = typeof NOTHING_SEEN;

interface Start {
  readonly firstLeaseMs: number;
  /** Workers that have a build at work when it begins. */
  readonly atWork: number;
}

const start: fc.Arbitrary<Start> = fc.record({
  // Long enough for a virtual machine to boot, or as short as any other.
  firstLeaseMs: fc.constantFrom(SETTINGS.leaseMs, SETTINGS.firstLeaseMs),
  atWork: fc.integer({ min: 0, max: 3 }),
});

const sequenceOf = ({ commands }: Amount) =>
  // A command that shrinks to nothing is gone, however long the sequence must be.
  fc
    .array(fc.option(action, { nil: undefined, freq: 1_000 }), {
      minLength: commands.min,
      maxLength: commands.max,
      size: 'max',
    })
    .map((drawn) => drawn.filter((one) => one !== undefined));

/** What has failed is made shorter for a minute at most; without a failure the runs take a small part of the time. */
const parametersOf = ({ runs, seed }: Amount) => ({
  numRuns: runs,
  seed,
  interruptAfterTimeLimit: 60_000 + 200 * runs,
});

/**
 * Random commands with random faults, where each operation runs through except where it stalls; then the faults end, and
 * everything must come to rest as it should. Throws with the shortest sequence that it found to break something.
 */
export async function checkStalls(amount: Amount): Promise<Seen> {
  const seen = { ...NOTHING_SEEN };
  const property = fc.asyncProperty(start, sequenceOf(amount), async (begin, actions) => {
    const stalls = createStalls();
    const sim = await simulate(begin, (_label, moment, request) => stalls.turn(moment, request.stalls));
    for (const one of actions) {
      await one.run({}, sim);
      await stalls.afterCommand();
    }
    await stalls.releaseAll();
    await settle(seen, sim, actions);
  });
  await assertAll(property, amount, seen);
  return seen;
}

/** The same, where at each single step the scheduler draws who goes on: every interleaving, but longer counterexamples. */
export async function checkSchedules(amount: Amount): Promise<Seen> {
  const seen = { ...NOTHING_SEEN };
  const property = fc.asyncProperty(fc.scheduler(), start, sequenceOf(amount), async (scheduler, begin, actions) => {
    const sim = await simulate(begin, (label) => scheduler.schedule(Promise.resolve(), label));
    await fc.scheduledModelRun(scheduler, async () => ({ model: {}, real: sim }), actions);
    await settle(seen, sim, actions);
  });
  await assertAll(property, amount, seen);
  return seen;
}

/** The time limit ends the runs without a failure: so many as were asked for must have come to their end. */
async function assertAll<T>(property: fc.IAsyncProperty<T>, amount: Amount, seen: Seen): Promise<void> {
  await fc.assert(property, parametersOf(amount));
  if (seen.runs < amount.runs) throw new Error(`cut off by its time limit: ${seen.runs} of ${amount.runs} sequences`);
}

const simulate = ({ firstLeaseMs, atWork }: Start, turn: Turn) =>
  createSimulation({ ...SETTINGS, firstLeaseMs }, turn).started(atWork);

async function settle(seen: Seen, sim: Simulation, actions: readonly Action[]): Promise<void> {
  const { world, story } = sim;
  const broken = await sim.settle();
  if (broken.length > 0) throw new Error(`${broken.join('\n')}\n\n${story.join('\n')}`);
  const builds = [...world.table.records.values()].map(({ build }) => build);
  seen.runs += 1;
  seen.commands += actions.length;
  seen.grants += world.ghost.grants.length;
  seen.requeued += world.events.filter(({ event }) => event === 'build_requeued').length;
  seen.builds += builds.length;
  seen.completed += builds.filter(({ state }) => state === 'completed').length;
  seen.looksWithoutMessage += sim.without.looks;
  seen.grantsWithoutMessage += sim.without.grants;
  seen.refused += story.filter((line) => line.includes('Rejection')).length;
}

export const inWords = (seen: Seen): string =>
  Object.entries(seen)
    .map(([what, number]) => `${number} ${what}`)
    .join(', ');
