import type { Dice } from '../history/dice.ts';
import { nothingAcknowledged, runSweep } from './at-rest.ts';
import { clientsOf } from './clients.ts';
import { aMember, type CrewMember, crewOf } from './crew.ts';
import { SWEEP_MS } from './settings.ts';
import { createTurns } from './turns.ts';
import { createWorld, type World } from './world.ts';

const WORKERS = 3;
/** How far the index may be behind. */
const MAX_LAG_MS = 5_000;
/** Of the leases that are over, the share whose worker is heard once more before anybody has taken the build back. */
const LATE_BEATS = 0.2;
/** Each build is lost three times, and now and then a late beat puts that off. */
const MAX_ROUNDS = 60;

export interface Losses {
  readonly lost: number;
  readonly lateBeats: number;
  readonly broken: readonly string[];
}

/**
 * Workers that always fall silent, and two sweeps that meet, step by step in any order, over an index that is late by
 * another time at each look. Every attempt must be ended once: not twice, and (the ghost sees to that) not while its lease
 * lasts.
 */
export async function loseLeases(dice: Dice): Promise<Losses> {
  const world = createWorld();
  const { state, settings, ghost } = world;
  const [crew, clients] = [crewOf(world), clientsOf(world, nothingAcknowledged())];
  const to = world.controller();
  const members = Array.from({ length: WORKERS }, (_, index) => aMember(`mac ${index}`));
  for (const member of members) {
    await crew.register(to, member);
    await clients.submit(to, `build of ${member.name}`);
  }
  let lateBeats = 0;
  const beatLate = async (member: CrewMember, turn: () => Promise<void>) => {
    const job = member.jobs.at(-1);
    // Refused, if a sweep was quicker.
    if (job) await crew.heartbeat(world.controller({ step: turn }), member, job).then(() => lateBeats++, ignore);
  };

  for (let round = 0; round < MAX_ROUNDS && waits(world); round++) {
    state.indexLagMs = 0;
    for (const member of members) {
      const job = await crew.poll(to, member);
      if (job) await crew.heartbeat(to, member, job);
    }
    state.now += settings.leaseMs + dice.between(1, SWEEP_MS);
    const { turn, run } = createTurns(dice);
    const sweeps = [1, 2].map(() => runSweep(world.controller({ step: turn })));
    const beats = members.filter(() => dice.happens(LATE_BEATS)).map((member) => beatLate(member, turn));
    await run([...sweeps, ...beats], () => {
      state.now += dice.between(0, 500);
      state.indexLagMs = dice.between(0, MAX_LAG_MS);
    });
  }
  const broken = [...ghost.broken, ...(waits(world) ? ['I9 a lost build is never taken back'] : [])];
  return { lost: ghost.grants.length, lateBeats, broken: [...broken, ...notEndedOnce(world)] };
}

const ignore = () => {};

const waits = ({ table }: World) => [...table.records.values()].some(({ build }) => build.state !== 'failed');

/** Nobody completes anything, so each grant must have been ended by a sweep, by one of the two alone. */
function notEndedOnce({ events, ghost }: World): string[] {
  const ends = new Map<string, number>();
  for (const event of events) {
    if (event.event !== 'build_requeued' && event.event !== 'build_failed') continue;
    const attempt = `${event.buildId}@${event.attempt}`;
    ends.set(attempt, (ends.get(attempt) ?? 0) + 1);
  }
  return ghost.grants.flatMap(({ buildId, attempt }) => {
    const count = ends.get(`${buildId}@${attempt}`) ?? 0;
    return count === 1 ? [] : [`the lost lease of ${buildId}@${attempt} was ended ${count} times`];
  });
}
