import { employ, inLanes, runLoad, sweep } from './crew.ts';
import type { Row, Stage } from './rows.ts';
import { lostWorkers } from './rows-lost.ts';
import { restarts } from './rows-restarts.ts';
import { USUAL, wakeUp } from './simulated-worker.ts';
import { advance } from './time-travel.ts';
import { LEASE_MS } from './world.ts';

/** Rows whose faults are the workers': they die, sleep, start again, or bring each other down. */

/** A round must fit the patience of the queue and of a person who reads the history. */
const ROUND = 200;
const roundsOf = (volume: number, size: number) =>
  Array.from({ length: Math.ceil(volume / size) }, (_, index) => Math.min(size, volume - index * size));

const cancelRaces: Row = {
  name: 'cancel-races',
  fault: 'cancel racing assign, heartbeat, complete, requeue',
  volume: 20_000,
  few: 50,
  isFaulty: false,
  act: (stage) => {
    // Late by some milliseconds, so that each may come first.
    stage.attack({ share: 0.3, fault: { slow: 15 } });
    return inLanes(stage.volume, () => cancelRace(stage));
  },
};

async function cancelRace(stage: Stage): Promise<void> {
  const { client, dice, world } = stage;
  const employed = await employ(stage);
  if (!employed) return;
  const { worker, job } = employed;
  const upload = await client.ticket(worker, job);
  if (!upload) return;
  await client.put(upload);
  const rivals = {
    again: () => client.poll(worker),
    heartbeat: () => client.say('heartbeat', worker, job),
    complete: () => client.complete(worker, job, upload),
    fail: () => client.say('fail', worker, job),
    abandon: () => client.say('abandon', worker, job),
    leave: () => client.unregister(worker, job),
    requeue: async () => {
      await world.controller.tamperBuild(job.build, { leaseUntil: Date.now() - 60_000, dueAt: Date.now() - 60_000 });
      await sweep(stage);
    },
    assign: async () => {
      const [build, rival] = await Promise.all([client.submit(), client.register()]);
      await Promise.all([build && client.cancel(build), rival && client.poll(rival)]);
    },
  };
  const rival = dice.pick(Object.values(rivals));
  stage.inject();
  const both = [() => client.cancel(job.build), rival ?? rivals.heartbeat];
  await Promise.all((dice.happens(0.5) ? both : both.reverse()).map((act) => act()));
  await Promise.all([client.say('heartbeat', worker, job), client.complete(worker, job, upload)]);
}

const poison: Row = {
  name: 'poison',
  fault: 'poison builds, each kills its workers',
  volume: 50,
  few: 3,
  isFaulty: false,
  async act(stage) {
    const { client, world } = stage;
    const submit = async (count: number) => {
      const ids: string[] = [];
      await inLanes(count, async () => {
        const id = await client.submit();
        if (id) ids.push(id);
      });
      return ids;
    };
    const bad = new Set(await submit(stage.volume));
    const good = await submit(stage.volume * 10);
    const habits = { ...NO_TROUBLE, poison: bad };
    await runLoad(stage, { builds: 0, pollers: 8, habits });
    const states = await statesOf(stage);
    const done = good.filter((id) => states.get(id) === 'completed').length;
    stage.promise(`others are unhurt (${done} of ${good.length} done in the first round)`, done >= 0.9 * good.length);
    for (let round = 0; round < 2; round++) {
      advance(2 * LEASE_MS);
      await sweep(stage);
      await runLoad(stage, { builds: 0, pollers: 8, habits });
    }
    advance(2 * LEASE_MS);
    await sweep(stage);
    stage.inject(stage.lost.length);
    const ended = (await world.controller.items()).filter(({ sk, id }) => sk === 'BUILD' && bad.has(id));
    const isOver = ended.every((item) => item.failureKind === 'lost_worker' && item.attempt === 3);
    stage.promise('poison fails after its third attempt', isOver);
  },
};

const NO_TROUBLE = { fails: 0, abandons: 0, leaves: 0, isCancelled: 0 };

async function statesOf({ world }: Stage): Promise<Map<string, string>> {
  const items = (await world.controller.items()).filter(({ sk }) => sk === 'BUILD');
  return new Map(items.map(({ id, state }) => [id, state]));
}

/** The bytes of a lost attempt arrive when another has won, and are served to nobody. */
const latePut: Row = {
  name: 'late-put',
  fault: 'late S3 PUT from an old attempt',
  volume: 2_000,
  few: 16,
  isFaulty: false,
  async act(stage) {
    const { client, sleepers } = stage;
    const around = { ...stage, habits: USUAL };
    for (const builds of roundsOf(stage.volume, ROUND)) {
      await inLanes(builds, async () => {
        const { worker, job } = (await employ(stage)) ?? {};
        const upload = worker && job && (await client.ticket(worker, job));
        if (upload) sleepers.push({ worker, job, upload });
      });
      advance(2 * LEASE_MS);
      await sweep(stage);
      const old = sleepers.splice(0);
      await runLoad(stage, { builds: 0, pollers: 8, habits: NO_TROUBLE });
      sleepers.push(...old);
      stage.inject(old.length);
      await inLanes(sleepers.length, async () => {
        const sleeper = sleepers.pop();
        if (sleeper) await wakeUp(around, sleeper);
      });
    }
  },
};

export const WORKER_ROWS: readonly Row[] = [lostWorkers, restarts, cancelRaces, poison, latePut];
