import { assignBuild } from '../../../lib/app/assign-build.ts';
import { heartbeat } from '../../../lib/app/heartbeat.ts';
import type { BuildIndex, DueBuild } from '../../../lib/app/ports.ts';
import { sweep } from '../../../lib/app/sweep.ts';
import { registeredView } from '../../../lib/runtime/worker-views.ts';
import { aBuild, aHint, aWorker, NOW } from '../../support/builders.ts';
import { memoryWorld, type World } from '../../support/memory-stores.ts';
import { SETTINGS, SWEEP_MS } from '../../model/settings.ts';
import { rounded } from '../report/results.ts';
import { quantileOf } from '../report/statistics.ts';
import { dice } from '../sim/dice.ts';

/** In seconds, from the death of a worker to the moment in which another can be given its build. */
export interface Lost {
  readonly seed: number;
  readonly deaths: number;
  readonly leaseSeconds: number;
  readonly beatSeconds: number;
  readonly sweepSeconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

/** What a worker is told when it registers. */
const BEAT_MS =
  registeredView({ worker: aWorker(), token: '', isNew: true }, SETTINGS.leaseMs / 1_000).heartbeat_seconds * 1_000;
const LONGEST_BUILD_MS = 1_200_000;

/**
 * Workers die at any moment of their builds, from the first heartbeat on, the schedule being at any point of its minute: the use
 * cases on a clock of their own. Each build must then be given to the next worker that asks.
 */
export async function loseWorkers(deaths: number, seed: number): Promise<Lost> {
  const random = dice(seed);
  const delays: number[] = [];
  for (let death = 0; death < deaths; death++) {
    delays.push(await loseOne(random() * LONGEST_BUILD_MS, random() * SWEEP_MS, random() * BEAT_MS));
  }
  const seconds = (ms: number) => rounded(ms / 1000);
  return {
    seed,
    deaths,
    leaseSeconds: seconds(SETTINGS.leaseMs),
    beatSeconds: seconds(BEAT_MS),
    sweepSeconds: seconds(SWEEP_MS),
    p50: seconds(quantileOf(delays, 0.5)),
    p99: seconds(quantileOf(delays, 0.99)),
    worst: seconds(Math.max(...delays)),
  };
}

/** All in ms: how long it lives after its first beat, when the first sweep comes, and how long the first beat takes to come. */
async function loseOne(livesMs: number, phaseMs: number, firstBeatMs: number): Promise<number> {
  const world = memoryWorld();
  const { state, deps } = world;
  const build = aBuild();
  await deps.builds.create(build);
  await deps.queue.send(aHint());
  const expiresAt = NOW + 10 * LONGEST_BUILD_MS;
  for (const id of ['worker-1', 'worker-2']) {
    world.workers.set(id, aWorker({ id, token: { hash: `hash of ${id}`, expiresAt } }));
  }
  if ((await poll(world, 'worker-1')) !== build.id) throw new Error('the worker was not given the build');
  const claim = { workerId: 'worker-1', tokenHash: 'hash of worker-1', attempt: 1 };
  const firstBeatAt = NOW + firstBeatMs;
  const diesAt = firstBeatAt + livesMs;
  let nextBeatAt = firstBeatAt;
  for (let sweepAt = NOW + phaseMs; ; sweepAt += SWEEP_MS) {
    for (; nextBeatAt <= diesAt && nextBeatAt <= sweepAt; nextBeatAt += BEAT_MS) {
      state.now = nextBeatAt;
      await heartbeat(deps, build.id, claim, SETTINGS.leaseMs);
    }
    state.now = sweepAt;
    await sweep({ ...deps, index: indexOf(world) }, SETTINGS, Number.POSITIVE_INFINITY);
    if (world.builds.get(build.id)?.state !== 'pending') continue;
    if (sweepAt < diesAt) throw new Error('the build of a living worker was taken back');
    if ((await poll(world, 'worker-2')) !== build.id) throw new Error('the next worker was not given the build');
    return sweepAt - diesAt;
  }
}

async function poll({ deps, workers }: World, id: string): Promise<string | undefined> {
  const worker = workers.get(id);
  if (!worker) throw new Error(`there is no ${id}`);
  return (await assignBuild(deps, worker, worker.token.hash, SETTINGS)).assignment?.buildId;
}

function indexOf({ builds, dueAt }: World): BuildIndex {
  const due = async function* (kind: 'pending' | 'leased', until: number): AsyncGenerator<DueBuild[]> {
    const isOf = (state: string) => (kind === 'pending') === (state === 'pending');
    yield [...builds.values()]
      .filter(({ id, state }) => isOf(state) && (dueAt.get(id) ?? Number.POSITIVE_INFINITY) <= until)
      .map((build) => ({ id: build.id, build }));
  };
  // A sweep asks for nothing else.
  return { due } as unknown as BuildIndex;
}
