import { buryMessage } from '../../lib/app/bury-message.ts';
import type { Wishes } from '../../lib/app/submit-build.ts';
import type { RejectionCode } from '../../lib/domain/rejection.ts';
import { type Acknowledged, nothingAcknowledged, runSweep } from './at-rest.ts';
import { type Clients, clientsOf } from './clients.ts';
import { aMember, type Crew, type CrewMember, crewOf, type Job } from './crew.ts';
import { ALL_LABELS } from './wishes.ts';
import { type Controller, createWorld, type World } from './world.ts';

export interface Scene {
  readonly world: World;
  readonly crew: Crew;
  readonly clients: Clients;
  readonly acknowledged: Acknowledged;
  readonly mac: CrewMember;
  readonly to: Controller;
}

/** One operation, to be broken at each of its moments. */
export interface Scenario {
  readonly name: string;
  /** Brings the world to where the operation begins; answers what `act` needs to know. */
  readonly prepare: (scene: Scene) => Promise<string>;
  readonly act: (scene: Scene, to: Controller, prepared: string) => Promise<unknown>;
  /** How many builds there are in the end, however often the request was sent. */
  readonly builds: number;
  /** With what a repetition may be refused because the first sending had its effect. */
  readonly mayRefuse?: readonly RejectionCode[];
  /** What the repetition must have brought about. */
  readonly isRepaired?: (scene: Scene) => boolean;
  /** The call for whose sake it is here: one that is never made shows nothing. */
  readonly reaches?: string;
}

export function createScene(): Scene {
  const world = createWorld();
  const acknowledged = nothingAcknowledged();
  const [crew, clients] = [crewOf(world), clientsOf(world, acknowledged)];
  const mac = aMember('mac', { labels: ALL_LABELS });
  return { world, crew, clients, acknowledged, mac, to: world.controller() };
}

const NOTHING = async () => '';

/** A build that waits, and a worker that may take it. */
const waiting = (scene: Scene) => waitingFor({})(scene);

const waitingFor =
  (wishes: Wishes) =>
  async ({ clients, crew, mac, to }: Scene): Promise<string> => {
    const id = await clients.submit(to, 'first', 'ios', wishes);
    await crew.register(to, mac);
    return id;
  };

async function assigned(scene: Scene): Promise<string> {
  const id = await waiting(scene);
  await scene.crew.poll(scene.to, scene.mac);
  return id;
}

async function building(scene: Scene): Promise<string> {
  const id = await assigned(scene);
  await scene.crew.heartbeat(scene.to, scene.mac, jobOf(scene));
  return id;
}

/** So many messages that lead nowhere, and a poll looks for a build without one (see `lib/app/assign-build.ts`). */
const WALL = 10;

async function wall({ clients, world, to }: Scene, cancelAfterMs: number): Promise<void> {
  const ids: string[] = [];
  for (let stale = 0; stale < WALL; stale++) ids.push(await clients.submit(to, `cancelled ${stale}`));
  world.state.now += cancelAfterMs;
  for (const id of ids) await clients.cancel(to, id);
}

const pollBehindWall = (name: string, cancelAfterMs: number, indexLagMs: number): Scenario => ({
  name,
  prepare: async (scene) => {
    await wall(scene, cancelAfterMs);
    scene.world.state.indexLagMs = indexLagMs;
    return waiting(scene);
  },
  act: ({ crew, mac }, to) => crew.poll(to, mac),
  builds: WALL + 1,
  isRepaired: ({ world, mac }) => mac.jobs.length === world.ghost.grants.length,
  reaches: 'waiting.some',
});

/** The worker has fallen silent; so long ago that the sweep may act. `spent`: attempts lost before. */
const lost =
  (spent: number) =>
  async (scene: Scene): Promise<string> => {
    const id = await building(scene);
    for (let attempt = 0; attempt < spent; attempt++) {
      scene.world.state.now += 200_000;
      await runSweep(scene.to);
      scene.world.state.now += 1;
      await scene.crew.poll(scene.to, scene.mac);
      await scene.crew.heartbeat(scene.to, scene.mac, jobOf(scene));
    }
    scene.world.state.now += 200_000;
    return id;
  };

async function failed(scene: Scene): Promise<string> {
  const id = await building(scene);
  await scene.crew.fail(scene.to, scene.mac, jobOf(scene));
  forgetJobs(scene);
  return id;
}

function jobOf({ mac }: Scene): Job {
  const job = mac.jobs.at(-1);
  if (!job) throw new Error(`${mac.name} holds nothing`);
  return job;
}

function forgetJobs({ mac }: Scene): void {
  mac.jobs.length = 0;
}

/** A completion that was answered, whatever was broken on the way, stands. */
async function completed(scene: Scene, act: (job: Job) => Promise<void>): Promise<void> {
  const job = jobOf(scene);
  await act(job);
  scene.acknowledged.completed.set(job.buildId, job.attempt);
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'submit with a key', prepare: NOTHING, act: ({ clients }, to) => clients.submit(to, 'first'), builds: 1 },
  {
    name: 'submit without a key',
    prepare: NOTHING,
    act: ({ clients }, to) => clients.submitWithoutKey(to, 'first'),
    builds: 1,
  },
  {
    name: 'submit of an upload',
    prepare: ({ clients, to }) => clients.upload(to, 'first'),
    act: ({ clients }, to, uploadId) => clients.submitUpload(to, uploadId),
    builds: 1,
  },
  {
    name: 'submit of an upload with a key',
    prepare: ({ clients, to }) => clients.upload(to, 'first'),
    act: ({ clients }, to, uploadId) => clients.submitUpload(to, uploadId, 'ci-run-1'),
    builds: 1,
  },
  {
    name: 'poll and assign',
    prepare: waiting,
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 1,
    // A grant whose answer got lost is answered again.
    isRepaired: ({ world, mac }) => mac.jobs.length === world.ghost.grants.length,
  },
  {
    name: 'submit of a build with labels',
    prepare: NOTHING,
    act: ({ clients }, to) => clients.submit(to, 'first', 'ios', { labels: ALL_LABELS }),
    builds: 1,
  },
  {
    name: 'poll of a build with labels',
    prepare: waitingFor({ labels: ALL_LABELS }),
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 1,
    isRepaired: ({ world, mac }) => mac.jobs.length === world.ghost.grants.length,
  },
  {
    name: 'poll past a message that makes way',
    prepare: async (scene) => {
      const id = await waiting(scene);
      await scene.clients.submit(scene.to, 'urgent', 'ios', { priority: 1 });
      return id;
    },
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 2,
  },
  {
    name: 'poll past a build with labels that the index still names',
    prepare: async (scene) => {
      const { clients, to, world } = scene;
      const id = await waitingFor({ labels: ALL_LABELS })(scene);
      world.state.now += 60_000;
      await clients.cancel(to, id);
      world.state.indexLagMs = 30_000;
      return clients.submit(to, 'plain');
    },
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 2,
  },
  {
    name: 'give back of a build with labels',
    prepare: async (scene) => {
      const id = await waitingFor({ labels: ALL_LABELS })(scene);
      await scene.crew.poll(scene.to, scene.mac);
      return id;
    },
    act: (scene, to) => scene.crew.abandon(to, scene.mac, jobOf(scene)),
    builds: 1,
    mayRefuse: ['lease_lost', 'build_finished'],
  },
  {
    name: 'poll past a stale message',
    prepare: async (scene) => {
      const { clients, to } = scene;
      await clients.cancel(to, await clients.submit(to, 'cancelled before'));
      return waiting(scene);
    },
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 2,
  },
  pollBehindWall('poll behind ten stale messages', 0, 0),
  pollBehindWall('poll behind ten stale messages of builds that the index still names', 60_000, 30_000),
  {
    name: 'poll of a build without source',
    prepare: async (scene) => {
      const id = await waiting(scene);
      const { source: _lost, ...build } = (await scene.to.builds.get(id)) ?? ({} as never);
      scene.world.table.replace({ command: 'tamper', before: undefined, after: build });
      scene.world.ghost.created.length = 1;
      return id;
    },
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 1,
  },
  {
    name: 'poll again after a lost answer',
    prepare: async (scene) => {
      const id = await assigned(scene);
      forgetJobs(scene);
      return id;
    },
    act: ({ crew, mac }, to) => crew.poll(to, mac),
    builds: 1,
  },
  {
    name: 'heartbeat',
    prepare: assigned,
    act: (scene, to) => scene.crew.heartbeat(to, scene.mac, jobOf(scene)),
    builds: 1,
  },
  {
    name: 'heartbeat with a newer token',
    prepare: async (scene) => {
      const id = await assigned(scene);
      await scene.crew.register(scene.to, scene.mac);
      return id;
    },
    act: (scene, to) => scene.crew.heartbeat(to, scene.mac, jobOf(scene)),
    builds: 1,
  },
  { name: 'log', prepare: assigned, act: (scene, to) => scene.crew.log(to, scene.mac, jobOf(scene)), builds: 1 },
  {
    name: 'upload and complete',
    prepare: building,
    act: (scene, to) => completed(scene, (job) => scene.crew.deliver(to, scene.mac, job)),
    builds: 1,
    mayRefuse: ['build_finished'],
  },
  {
    name: 'complete with an upload',
    prepare: async (scene) => {
      await building(scene);
      return scene.crew.upload(scene.to, scene.mac, jobOf(scene));
    },
    act: (scene, to, uploadId) => completed(scene, (job) => scene.crew.report(to, scene.mac, job, uploadId)),
    builds: 1,
  },
  {
    name: 'complete with bytes',
    prepare: building,
    act: (scene, to) => completed(scene, (job) => scene.crew.complete(to, scene.mac, job)),
    builds: 1,
    mayRefuse: ['build_finished'],
  },
  {
    name: 'fail',
    prepare: building,
    act: async (scene, to) => {
      const { buildId, attempt } = jobOf(scene);
      await scene.crew.fail(to, scene.mac, { buildId, attempt });
      scene.acknowledged.failed.set(buildId, attempt);
    },
    builds: 1,
  },
  { name: 'cancel while it waits', prepare: waiting, act: ({ clients }, to, id) => clients.cancel(to, id), builds: 1 },
  {
    name: 'cancel while it is built',
    prepare: building,
    act: ({ clients }, to, id) => clients.cancel(to, id),
    builds: 1,
  },
  {
    name: 'give back',
    prepare: building,
    act: (scene, to) => scene.crew.abandon(to, scene.mac, jobOf(scene)),
    builds: 1,
    mayRefuse: ['lease_lost', 'build_finished'],
  },
  {
    name: 'unregister with a build',
    prepare: building,
    act: (scene, to) => scene.crew.unregister(to, scene.mac),
    builds: 1,
    mayRefuse: ['worker_token_invalid'],
  },
  {
    name: 'unregister without a build',
    prepare: async (scene) => {
      await scene.crew.register(scene.to, scene.mac);
      return scene.clients.submit(scene.to, 'for others');
    },
    act: (scene, to) => scene.crew.unregister(to, scene.mac),
    builds: 1,
    mayRefuse: ['worker_token_invalid'],
  },
  { name: 'register', prepare: NOTHING, act: ({ crew, mac }, to) => crew.register(to, mac), builds: 0 },
  {
    name: 'register again without the build it held',
    prepare: building,
    act: async (scene, to) => {
      forgetJobs(scene);
      await scene.crew.register(to, scene.mac, 0);
    },
    builds: 1,
  },
  { name: 'sweep of a lost lease', prepare: lost(0), act: (_scene, to) => runSweep(to), builds: 1 },
  { name: 'sweep of the last lost lease', prepare: lost(2), act: (_scene, to) => runSweep(to), builds: 1 },
  {
    name: 'sweep of a build whose message is overdue',
    prepare: async (scene) => {
      const id = await waiting(scene);
      scene.world.state.now += 200_000;
      scene.world.queue.copies.length = 0;
      return id;
    },
    act: (_scene, to) => runSweep(to),
    builds: 1,
  },
  {
    name: 'sweep of what takes too long',
    prepare: async (scene) => {
      const id = await building(scene);
      await scene.clients.submit(scene.to, 'second', 'android');
      scene.world.state.now += scene.world.settings.maxQueueMs;
      return id;
    },
    act: (_scene, to) => runSweep(to),
    builds: 2,
  },
  {
    name: 'burial of a dead letter',
    prepare: waiting,
    act: (_scene, to, buildId) => buryMessage(to, { buildId, attempt: 0 }),
    builds: 1,
  },
  {
    name: 'retry',
    prepare: failed,
    act: ({ clients }, to, id) => clients.retry(to, id, 'retry of the first'),
    builds: 2,
  },
];
