import { eachInLanes, runLoad, sweep } from './crew.ts';
import type { Row, Stage } from './rows.ts';
import { isHeldIn, type Lost, type Sleeper, USUAL, wakeUp } from './simulated-worker.ts';
import { advance } from './time-travel.ts';
import { LEASE_MS } from './world.ts';

/** A worker in four is killed, one in four sleeps; so two of five attempts end without a word. */
const HABITS = { dies: 0.25, pauses: 0.25 };
const BUILDS_PER_LOST = 2.5;
/** A round must fit the patience of the queue and of a person who reads the history. */
const ROUND = 250;
/** Rounds in which few were lost by chance must not end the row, and one that loses nobody must not go on for ever. */
const MOST_BUILDS_PER_LOST = 20;

/** Sweeps are a minute apart; the one before the last comes just before the lease ends. */
const SWEEP_EVERY_MS = 60_000;
const JUST_BEFORE_MS = LEASE_MS - 1_000;
const REQUEUED_MS = 150_000;

/** Workers that fall silent, for ever or for two leases. The volume is theirs. */
export const lostWorkers: Row = {
  name: 'lost-workers',
  fault: 'worker killed, paused 2 x lease, resumed',
  volume: 5_000,
  few: 12,
  isFaulty: false,
  async act(stage) {
    const seen = { lost: 0, back: 0, refused: 0 };
    for (let left = MOST_BUILDS_PER_LOST * stage.volume; seen.lost < stage.volume && left > 0; ) {
      const builds = Math.min(ROUND, left, Math.ceil(BUILDS_PER_LOST * (stage.volume - seen.lost)));
      left -= builds;
      await runLoad(stage, { builds, pollers: 8, habits: HABITS });
      const lost = stage.lost.splice(0);
      seen.lost += lost.length;
      stage.inject(lost.length);
      const { back, late } = await missAll(stage, lost);
      seen.back += back;
      advance(2 * LEASE_MS - REQUEUED_MS);
      // Sleepers that wake while their builds are given to others.
      const work = runLoad(stage, { builds: 0, pollers: 4 });
      seen.refused += await wakeAll(stage, late);
      await work;
    }
    stage.promise(`${stage.volume} workers are lost (${seen.lost} were)`, seen.lost >= stage.volume);
    stage.note(
      `${seen.lost} lost, ${seen.back} of their builds back within 150 s, ${seen.refused} late results refused`,
    );
  },
};

/**
 * Whoever fell silent is missed within 150 s. Some sleepers wake while the sweep looks for them: these keep their builds or
 * lose them, as it comes.
 */
async function missAll(stage: Stage, lost: readonly Lost[]) {
  const { sleepers, dice, world } = stage;
  advance(JUST_BEFORE_MS);
  await sweep(stage);
  advance(SWEEP_EVERY_MS);
  const early = sleepers.splice(0, dice.between(0, Math.floor(sleepers.length / 2)));
  // Two schedulers that meet.
  await Promise.all([sweep(stage), sweep(stage), wakeAll(stage, early)]);
  const late = sleepers.splice(0);
  const awake = new Set(early.map(({ worker }) => worker.id));
  const missed = lost.filter(({ worker }) => !awake.has(worker.id));
  let back = 0;
  await eachInLanes(missed, async ({ job: { build, attempt } }) => {
    const { record } = await world.storyOf(build);
    const isBack = record !== undefined && !isHeldIn(record, attempt);
    back += isBack ? 1 : 0;
    stage.promise(`${build} waits again or has ended 150 s after attempt ${attempt} was lost`, isBack);
  });
  advance(REQUEUED_MS - JUST_BEFORE_MS - SWEEP_EVERY_MS);
  return { back, late };
}

/** Answers how many results came for attempts that had been requeued; each was refused as such. */
async function wakeAll(stage: Stage, sleepers: readonly Sleeper[]): Promise<number> {
  const around = { ...stage, habits: USUAL };
  let refused = 0;
  await eachInLanes(sleepers, async (sleeper) => {
    const { build, attempt } = sleeper.job;
    const { complete } = await wakeUp(around, sleeper);
    if (!complete) return;
    const { events } = await stage.world.storyOf(build);
    if (!events.some((event) => event.type === 'requeued' && event.attempt === attempt)) return;
    refused += 1;
    const isConflict = complete.kind === 'refused' && complete.status === 409;
    stage.promise(`a result of ${build} attempt ${attempt}, requeued, is refused with 409`, isConflict);
  });
  return refused;
}
