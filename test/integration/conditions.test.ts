import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';
import { logStore } from '../../lib/adapters/dynamo/log-store.ts';
import type { Table } from '../../lib/adapters/dynamo/table.ts';
import { totalsStore } from '../../lib/adapters/dynamo/totals-store.ts';
import { workerStore } from '../../lib/adapters/dynamo/worker-store.ts';
import type { BuildStore, LogStore, TotalsStore, WorkerStore } from '../../lib/app/ports.ts';
import type { Build } from '../../lib/domain/build.ts';
import { decide } from '../../lib/domain/transitions.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';
import { LOG_SIZES, RECORD_DAYS } from '../support/settings.ts';

/**
 * The conditions that a request over HTTP meets only in a race of moments: here the stores are given what was read a
 * moment ago, on the real engine, after the record has moved on.
 */
let controller: Controller;
let builds: BuildStore;
let workers: WorkerStore;
let logs: LogStore;
let totals: TotalsStore;
let table: Table;
beforeAll(async () => {
  controller = await startController();
  const { dynamo, stack } = controller;
  table = {
    client: dynamo,
    name: stack.table,
    pause: async () => {},
    chance: () => 0.5,
    recordDays: RECORD_DAYS,
  };
  let tokens = 0;
  builds = buildStore(table, () => `token-${tokens++}`);
  workers = workerStore(table);
  logs = logStore(table, LOG_SIZES);
  totals = totalsStore(table);
});
afterAll(() => controller.close());

const now = Date.now();
const failure = { kind: 'undeliverable', message: 'x' } as const;

async function read(id: string): Promise<Build> {
  const build = await builds.get(id);
  if (!build) throw new Error(`no build ${id}`);
  return build;
}

async function assigned(): Promise<{ seen: Build; worker: TestWorker }> {
  const { build, worker } = await controller.assigned();
  return { seen: await read(build.id), worker };
}

/** Whatever the write is given, the record stays as it is. */
async function expectUnchanged(id: string, write: () => Promise<unknown>): Promise<void> {
  const before = await controller.buildItem(id);
  await write();
  expect(await controller.buildItem(id)).toEqual(before);
}

describe('a one-time password is reissued', () => {
  it('for the assignment that was read, and no other attempt', async () => {
    const { seen } = await assigned();
    expect(await builds.reissueOtp(seen, { hash: 'new', expiresAt: now })).toBe(true);
    expect(await controller.buildItem(seen.id)).toMatchObject({ otpHash: 'new' });
    await expectUnchanged(seen.id, () => builds.reissueOtp({ ...seen, attempt: 2 }, { hash: 'other', expiresAt: now }));
  });

  it('not once the work has begun', async () => {
    const { seen, worker } = await assigned();
    await controller.heartbeat(worker, seen.id);
    await expectUnchanged(seen.id, async () =>
      expect(await builds.reissueOtp(seen, { hash: 'late', expiresAt: now })).toBe(false),
    );
  });
});

describe('a lease is made longer', () => {
  it('and never shorter, nor for another attempt, nor after the end', async () => {
    const { seen, worker } = await assigned();
    const far = now + 10 * 3_600_000;
    await builds.extendLease(seen, far);
    expect((await read(seen.id)).leaseUntil).toBe(far);
    await expectUnchanged(seen.id, () => builds.extendLease(seen, now));
    await expectUnchanged(seen.id, () => builds.extendLease({ ...seen, attempt: 2 }, far + 1));
    await controller.complete(worker, seen.id);
    await expectUnchanged(seen.id, () => builds.extendLease(seen, far + 1));
  });
});

describe('a lost lease is taken back', () => {
  const requeue = (seen: Build) => {
    const later = (seen.leaseUntil ?? 0) + 60_000;
    const { attempt, leaseUntil = 0 } = seen;
    const decision = decide(seen, { type: 'requeue', attempt, leaseUntil, maxAttempts: 3 }, later);
    if (!decision.ok) throw new Error(decision.why);
    return builds.requeue(seen, decision.next, later);
  };

  it('not when a heartbeat has moved its end since it was read', async () => {
    const { seen, worker } = await assigned();
    await controller.heartbeat(worker, seen.id);
    await expectUnchanged(seen.id, async () => expect(await requeue(seen)).toBe(false));
  });

  it('not at another attempt, though its lease may end at the same moment', async () => {
    const { seen } = await assigned();
    await controller.tamperBuild(seen.id, { attempt: 2 });
    await expectUnchanged(seen.id, async () => expect(await requeue(seen)).toBe(false));
  });

  it('not from a build that has ended, though the record may still name the lease', async () => {
    const { seen } = await assigned();
    await controller.tamperBuild(seen.id, { state: 'completed' });
    await expectUnchanged(seen.id, async () => expect(await requeue(seen)).toBe(false));
  });

  it('by one of eight sweeps that meet', async () => {
    const { seen } = await assigned();
    const won = await Promise.all(Array.from({ length: 8 }, () => requeue(seen)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await read(seen.id)).toMatchObject({ state: 'pending', spentAttempts: 1 });
    await controller.purge('ios');
  });
});

describe('an unreadable record', () => {
  it('that is not there is not made', async () => {
    expect(await builds.rejectUnreadable('nobody', now)).toBe(false);
    expect(await controller.buildItem('nobody')).toBeUndefined();
  });

  it('that has ended stays as it ended; one that is held past its lease fails', async () => {
    const { seen, worker } = await assigned();
    await expectUnchanged(seen.id, async () => expect(await builds.rejectUnreadable(seen.id, now)).toBe(false));
    await controller.complete(worker, seen.id);
    await expectUnchanged(seen.id, async () => expect(await builds.rejectUnreadable(seen.id, now)).toBe(false));
    const lost = await assigned();
    expect(await builds.rejectUnreadable(lost.seen.id, (lost.seen.leaseUntil ?? 0) + 1)).toBe(true);
  });
});

describe('a waiting build is rejected', () => {
  it('at the attempt that was meant, while it waits', async () => {
    const { id } = await controller.submit('android');
    await expectUnchanged(id, async () => expect(await builds.reject({ id, attempt: 1 }, failure, now)).toBe(false));
    expect(await builds.reject({ id, attempt: 0 }, failure, now)).toBe(true);
    await expectUnchanged(id, async () => expect(await builds.reject({ id, attempt: 0 }, failure, now)).toBe(false));
  });

  it('not while it is held', async () => {
    const { seen } = await assigned();
    await expectUnchanged(seen.id, () => builds.reject(seen, failure, now));
  });
});

describe('a line of the log', () => {
  const line = { timestamp: now, level: 'info', message: 'x' } as const;

  it('of a holder is not taken after the end', async () => {
    const { seen, worker } = await assigned();
    await controller.complete(worker, seen.id);
    const claim = { workerId: worker.id, attempt: 1 };
    await expectUnchanged(seen.id, async () => expect((await logs.append(seen.id, claim, [line], now)).ok).toBe(false));
  });

  it('of the controller needs a build that is there', async () => {
    await expect(logs.note('nobody', line)).rejects.toThrow('no build nobody');
    expect(await controller.buildItem('nobody')).toBeUndefined();
  });
});

describe('the totals', () => {
  const counted = { completed: 1, failed: 0, cancelled: 2, buildTimeMs: 5, cpuMs: 6, completedOnDay: 1 };
  const upTo = (through: number) => ({ through, ...counted });

  it('begin once, and advance only from the moment they end at', async () => {
    expect(await totals.advance(upTo(10), 9)).toBe(false);
    expect(await totals.advance(upTo(10), undefined)).toBe(true);
    expect(await totals.advance(upTo(99), undefined)).toBe(false);
    expect(await totals.advance(upTo(12), 11)).toBe(false);
    expect(await totals.advance(upTo(11), 10)).toBe(true);
    expect(await totals.get()).toEqual(upTo(11));
  });
});

describe('a worker', () => {
  async function registered(): Promise<Worker> {
    const { id } = await controller.register();
    const worker = await workers.get(id);
    if (!worker) throw new Error(`no worker ${id}`);
    return worker;
  }
  async function expectSame(id: string, write: () => Promise<unknown>): Promise<void> {
    const before = await controller.workerItem(id);
    await write();
    expect(await controller.workerItem(id)).toEqual(before);
  }

  it('is noted as seen only as the registration that polled, and not made by it', async () => {
    const worker = await registered();
    await expectSame(worker.id, () => workers.noteSeen({ ...worker, epoch: 7 }, now + 1));
    await workers.noteSeen({ ...worker, id: 'nobody' }, now);
    expect(await controller.workerItem('nobody')).toBeUndefined();
    await workers.noteSeen(worker, now + 5);
    expect(await controller.workerItem(worker.id)).toMatchObject({ lastSeenAt: now + 5 });
  });

  it('leaves only as the registration that asked, and only without a build', async () => {
    const worker = await registered();
    await expectSame(worker.id, () => workers.remove({ ...worker, epoch: 7 }));
    await controller.tamperWorker(worker.id, { currentBuildId: 'b', currentAttempt: 1 });
    await expectSame(worker.id, () => workers.remove(worker));
    await controller.tamperWorker(worker.id, { currentBuildId: undefined, currentAttempt: undefined });
    await workers.remove(worker);
    expect(await controller.workerItem(worker.id)).toBeUndefined();
  });

  it('forgets exactly the build and attempt that it was read with', async () => {
    const worker = await registered();
    await controller.tamperWorker(worker.id, { currentBuildId: 'b', currentAttempt: 2 });
    await expectSame(worker.id, () => workers.forget({ ...worker, current: { buildId: 'b', attempt: 1 } }));
    await expectSame(worker.id, () => workers.forget({ ...worker, current: { buildId: 'a', attempt: 2 } }));
    await workers.forget({ ...worker, current: { buildId: 'b', attempt: 2 } });
    expect((await controller.workerItem(worker.id)).currentBuildId).toBeUndefined();
  });

  it('is not made by being told to drain', async () => {
    expect(await workers.setDraining('nobody', true)).toBe(false);
    expect(await controller.workerItem('nobody')).toBeUndefined();
  });
});

describe('a retry is told', () => {
  it('in the story and the log at once: by the next sending, when the first broke off before both', async () => {
    const { seen } = await assigned();
    const line = { timestamp: now, level: 'info', message: 'Retried as build next' } as const;
    const breaking = new Proxy(controller.dynamo, {
      get: (client, name) => (name === 'send' ? breakAtTransaction : Reflect.get(client, name)),
    });
    const breakAtTransaction = (command: Parameters<typeof controller.dynamo.send>[0]) => {
      if (command instanceof TransactWriteItemsCommand) throw new Error('died');
      return controller.dynamo.send(command);
    };
    await expect(logStore({ ...table, client: breaking }, LOG_SIZES).noteRetry(seen, 'next', line)).rejects.toThrow(
      'died',
    );
    expect((await builds.events(seen)).map(({ type }) => type)).not.toContain('retried');
    expect(await logs.noteRetry(seen, 'next', line)).toBe(true);
    await expectUnchanged(seen.id, async () => expect(await logs.noteRetry(seen, 'next', line)).toBe(false));
    expect((await builds.events(seen)).filter(({ type }) => type === 'retried')).toHaveLength(1);
    const { lines } = await logs.read(seen.id, 0, { now: now + 60_000, hasTail: false });
    expect(lines.map(({ message }) => message)).toEqual(['Retried as build next']);
  });
});
