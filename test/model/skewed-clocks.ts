import { isDeepStrictEqual } from 'node:util';
import { createDice, type Dice } from '../history/dice.ts';
import { nothingAcknowledged, runSweep } from './at-rest.ts';
import { clientsOf } from './clients.ts';
import { aMember, crewOf } from './crew.ts';
import { HEARTBEAT_MS, WORST_MS } from './kills.ts';
import { MAX_SKEW_MS, SWEEP_MS } from './settings.ts';
import { createWorld } from './world.ts';

const HOUR_MS = 3_600_000;
/** Into the build: later than its first beat, sooner than its last. */
const CHANGE_MS = 90_000;

/** What a worker believes the time is, by the true time and that of its start. */
const WORKER_CLOCKS: Readonly<Record<string, (now: number, start: number) => number>> = {
  'an hour fast': (now) => now + HOUR_MS,
  'an hour slow': (now) => now - HOUR_MS,
  'set forward for the summer meanwhile': (now, start) => (now - start < CHANGE_MS ? now : now + HOUR_MS),
  'set back for the winter meanwhile': (now, start) => (now - start < CHANGE_MS ? now : now - HOUR_MS),
  'begun in 1970': (now, start) => now - start,
};

/** A beat may be late by so much, and one in a row may be lost. */
const MAX_DELAY_MS = 5_000;
const LOST_BEATS = 0.1;

export interface Skewed {
  readonly beats: number;
  readonly worker: string;
  readonly broken: readonly string[];
}

/**
 * One build under Lambdas of which each has another clock, up to 5 s off; once with a worker whose clock is right, once,
 * all else the same, with one whose clock is not. Nothing but its log lines may tell the two apart.
 */
export async function runSkewed(seed: string): Promise<Skewed> {
  const worker = createDice(`${seed} worker`).pick(Object.keys(WORKER_CLOCKS)) ?? '';
  const right = await play(createDice(seed), (now) => now);
  const wrong = await play(createDice(seed), WORKER_CLOCKS[worker] ?? ((now) => now));
  const broken = [...right.broken, ...wrong.broken.map((what) => `${what} (the worker’s clock is ${worker})`)];
  const isSame = isDeepStrictEqual(right.told, wrong.told);
  if (!isSame) broken.push(`the worker’s clock, ${worker}, made a difference`);
  if (isDeepStrictEqual(right.lines, wrong.lines)) broken.push('the worker’s clock was never told');
  return { beats: right.beats + wrong.beats, worker, broken };
}

async function play(dice: Dice, workerClock: (now: number, start: number) => number) {
  const world = createWorld();
  const { state, table, events, ghost } = world;
  const [crew, clients] = [crewOf(world), clientsOf(world, nothingAcknowledged())];
  /** Another Lambda for each request. */
  const lambda = () => world.controller({ skewMs: dice.between(-MAX_SKEW_MS, MAX_SKEW_MS) });
  const [mac, other] = [aMember('mac'), aMember('other')];
  for (const member of [mac, other]) await crew.register(lambda(), member);
  const id = await clients.submit(lambda(), 'build');
  const job = await crew.poll(lambda(), mac);
  if (!job) throw new Error('the worker got no build');

  const start = state.now;
  const endsAt = start + dice.between(6, 25) * HEARTBEAT_MS;
  const beatsAt = beatTimes(dice, start, endsAt);
  const lastBeat = beatsAt.at(-1) ?? start;
  const sweepsAt = [1, 2].flatMap(() => each(start + dice.between(1, SWEEP_MS), SWEEP_MS, endsAt + 3 * WORST_MS));
  const broken: string[] = [];
  const isTaken = () => events.some(({ event }) => event === 'build_requeued' || event === 'build_failed');
  let beats = 0;

  const beat = async () => {
    const to = lambda();
    await crew.heartbeat(to, mac, job).catch((error: unknown) => broken.push(`a beat was refused: ${error}`));
    if (dice.happens(0.3) || state.now === lastBeat) await crew.log(to, mac, job, workerClock(state.now, start));
    beats += 1;
  };
  const agenda = [...beatsAt.map((at) => ({ at, act: beat })), ...sweepsAt.map((at) => ({ at, act: sweepOnce }))];
  const isCompleted = dice.happens(0.5);
  async function sweepOnce() {
    await runSweep(lambda());
    if (state.now <= lastBeat && isTaken()) broken.push('the build was taken back while beats arrived');
  }
  if (isCompleted) agenda.push({ at: lastBeat + 1, act: () => crew.deliver(lambda(), mac, job) });

  for (const { at, act } of agenda.sort((a, b) => a.at - b.at)) {
    state.now = at;
    if (table.records.get(id)?.build.state === 'completed' || ghost.grants.length > 1) break;
    await act();
    if (at > lastBeat && !isCompleted && isTaken()) await crew.poll(lambda(), other);
  }
  const { build } = table.records.get(id) ?? {};
  if (isCompleted && (build?.state !== 'completed' || build.attempt !== 1)) broken.push('the build is not completed');
  // The clock that wrote the lease may be 5 s fast, the one that judges it 5 s slow.
  const grantedAgain = (ghost.grants[1]?.at ?? Number.POSITIVE_INFINITY) - lastBeat;
  if (!isCompleted && grantedAgain > WORST_MS + 2 * MAX_SKEW_MS)
    broken.push(`granted again only ${grantedAgain} ms on`);
  const told = { records: [...table.records], events, workers: [...table.workers], grants: ghost.grants };
  return { beats, told, lines: [...table.logs], broken: [...ghost.broken, ...broken] };
}

function beatTimes(dice: Dice, from: number, to: number): number[] {
  let wasLost = false;
  return each(from, HEARTBEAT_MS, to).flatMap((at) => {
    wasLost = at > from && !wasLost && dice.happens(LOST_BEATS);
    return wasLost ? [] : [at + dice.between(0, MAX_DELAY_MS)];
  });
}

function each(from: number, stepMs: number, to: number): number[] {
  return Array.from({ length: Math.floor((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs);
}
