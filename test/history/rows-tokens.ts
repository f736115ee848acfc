import { WORKER_TOKEN_MS } from '../../lib/domain/worker.ts';
import type { TestWorker } from '../support/controller.ts';
import { eachInLanes, inLanes } from './crew.ts';
import type { Job } from './recorded-client.ts';
import type { Row, Stage } from './rows.ts';
import { advance } from './time-travel.ts';
import { LEASE_MS } from './world.ts';

const ROUND = 25;
/** Heartbeats at a third of the lease keep a build through anything but the loss of its worker. */
const BEAT_MS = LEASE_MS / 3;
/** What a worker says last may come after its build has ended. */
const GRACE_MS = 600_000;
/** More than a round's requests take. */
const MARGIN_MS = 240_000;

interface Locked {
  readonly worker: TestWorker;
  readonly job: Job;
}

/**
 * Workers that never learn of the token that their registration was answered with. The former one is good for an hour,
 * and as long as a build is held that was granted meanwhile, and ten minutes more. The volume is that of the registrations.
 */
export const lostTokens: Row = {
  name: 'lost-tokens',
  fault: 'token re-registration with the reply lost',
  volume: 1_000,
  few: 8,
  isFaulty: false,
  async act(stage) {
    for (let left = stage.volume; left > 0; left -= ROUND) {
      const all: Locked[] = [];
      await inLanes(Math.min(ROUND, left), async () => {
        const locked = await loseToken(stage);
        if (locked) all.push(locked);
      });
      stage.promise('each was given a build with its former token', all.length === Math.min(ROUND, left));
      await beatFor(stage, all, LEASE_MS);
      const [long, ...others] = all;
      await eachInLanes(others, async (each) => {
        stage.promise('the former token is good one lease later', await works(stage, each));
      });
      if (long)
        await holdOn(
          stage,
          long,
          others.map(({ worker }) => worker),
        );
    }
  },
};

async function loseToken({ client, inject }: Stage): Promise<Locked | undefined> {
  const worker = await client.register();
  await client.submit();
  if (!worker) return undefined;
  await client.register(['ios'], { id: worker.id });
  inject();
  const job = await client.poll(worker);
  return job && { worker, job };
}

/** One build is held for longer than the hour, while the other workers have none. */
async function holdOn(stage: Stage, long: Locked, idle: readonly TestWorker[]): Promise<void> {
  const spent = LEASE_MS + MARGIN_MS;
  await beatFor(stage, [long], WORKER_TOKEN_MS - spent);
  await eachInLanes(idle, async (worker) => {
    stage.promise('the former token is good for most of an hour', await isLetIn(stage, worker));
  });
  await beatFor(stage, [long], spent);
  await eachInLanes(idle, async (worker) => {
    stage.promise('the former token ends after an hour', !(await isLetIn(stage, worker)));
    await promiseReturn(stage, worker);
  });
  stage.promise('the former token is good as long as its build is held', await works(stage, long));
  advance(GRACE_MS - MARGIN_MS);
  stage.promise('and for some minutes after its end', await isLetIn(stage, long.worker));
  advance(MARGIN_MS);
  stage.promise('and then no more', !(await isLetIn(stage, long.worker)));
  await promiseReturn(stage, long.worker);
}

/** Whoever has a key is never locked out: it registers again, and keeps its id. */
async function promiseReturn(stage: Stage, worker: TestWorker): Promise<void> {
  const again = await stage.client.register(['ios'], { id: worker.id });
  const isBack = again?.id === worker.id && (await isLetIn(stage, again));
  stage.promise('a worker whose tokens have ended registers again under its id', isBack);
}

async function beatFor({ client, promise }: Stage, all: readonly Locked[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += BEAT_MS) {
    advance(Math.min(BEAT_MS, ms - passed));
    await eachInLanes(all, async ({ worker, job }) => {
      const { kind } = await client.say('heartbeat', worker, job);
      promise('the former token is good for heartbeats', kind === 'ok');
    });
  }
}

const isLetIn = async ({ client }: Stage, worker: TestWorker) => (await client.ask(worker)).nextPollMs !== undefined;

async function works({ client }: Stage, { worker, job }: Locked): Promise<boolean> {
  const beat = await client.say('heartbeat', worker, job);
  const upload = await client.ticket(worker, job);
  if (!upload || (await client.put(upload)) !== 200) return false;
  return beat.kind === 'ok' && (await client.complete(worker, job, upload)).kind === 'ok';
}
