import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assignBuild } from '../../lib/app/assign-build.ts';
import type { BuildQueue, BuildStore, Message, WorkerStore } from '../../lib/app/ports.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import type { TestBuild, TestWorker } from '../support/controller.ts';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import { cancelled, dynamoError, sqsError } from '../support/fault-errors.ts';
import { loggedEvents } from '../support/quiet.ts';
import { OTP_MS, QUARANTINE } from '../support/settings.ts';

/**
 * One assignment that fails, in every way it can: what waits goes on waiting, what can never be built ends as failed, and
 * no message of a live build is lost.
 */
let controller: FaultyController;
beforeAll(async () => {
  controller = await startFaultyController();
});
beforeEach(() => controller.reset());
afterAll(() => controller.close());

const TRANSACTION = 'TransactWriteItems';

const hintOf = (buildId: string, attempt = 0, more: object = {}) =>
  JSON.stringify({
    v: 1,
    buildId,
    attempt,
    platform: 'ios',
    submittedAt: 1,
    sourceSize: 1,
    sourceSha256: 'a'.repeat(64),
    ...more,
  });

const visibilities = (): number[] =>
  controller.sqsFaults.calls
    .filter(({ operation }) => operation === 'ChangeMessageVisibility')
    .map(({ body }) => JSON.parse(body).VisibilityTimeout);

const requestTokens = () =>
  controller.dynamodbFaults.calls
    .filter(({ operation }) => operation === TRANSACTION)
    .map(({ body }): string => JSON.parse(body).ClientRequestToken);

const pollForJob = async (worker: TestWorker): Promise<unknown> => (await controller.poll(worker)).body.job?.id;

/** Untouched, and its one message hidden for some seconds. */
async function expectGivenBack(before: { id: string }): Promise<void> {
  expect(await controller.buildItem(before.id)).toEqual(before);
  expect(before).toMatchObject({ state: 'pending', attempt: 0 });
  expect(controller.sqsFaults.counts()['ChangeMessageVisibility']).toBe(1);
  const [seconds = 0] = visibilities();
  expect(seconds).toBeGreaterThanOrEqual(5);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
}

/** Its message leads to an assignment as before, once the fault is gone. */
async function expectStillAssignable(build: TestBuild): Promise<void> {
  controller.dynamodbFaults.reset();
  await controller.sendCopy(build.id);
  expect((await controller.poll(await controller.register('next'))).body.job).toMatchObject({
    id: build.id,
    attempt: 1,
  });
}

describe('a refusal that passes leaves the build in the queue', () => {
  /** Polls, and lets `meanwhile` happen between the poll's read of the worker and its transaction. */
  async function pollWhile(worker: TestWorker, meanwhile: () => Promise<unknown>) {
    const held = controller.dynamodbFaults.hold(TRANSACTION);
    const answer = controller.poll(worker);
    await held.arrived;
    await meanwhile();
    held.release();
    return answer;
  }

  async function expectRefused(build: TestBuild, reason: string, poll: () => ReturnType<FaultyController['poll']>) {
    const before = await controller.buildItem(build.id);
    const { status, body } = await poll();
    expect([status, body.job]).toEqual([200, null]);
    expect(loggedEvents('assignment_refused')).toMatchObject([{ buildId: build.id, reason }]);
    await expectGivenBack(before);
    await expectStillAssignable(build);
  }

  it('worker_busy: the worker got another build by a second poll at the same time', async () => {
    const [first, second] = [await controller.submit(), await controller.submit()];
    const worker = await controller.register();
    await expectRefused(first, 'worker_busy', () =>
      pollWhile(worker, async () => expect(await pollForJob(worker)).toBe(second.id)),
    );
    expect((await controller.workerItem(worker.id)).currentBuildId).toBe(second.id);
  });

  it('worker_offline: the worker has started anew since', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    await expectRefused(build, 'worker_offline', () =>
      pollWhile(worker, () => controller.register('again', ['ios'], { id: worker.id })),
    );
    expect((await controller.workerItem(worker.id)).currentBuildId).toBeUndefined();
  });

  it('worker_not_found: the worker has been removed since', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    const Key = marshall({ pk: `WORKER#${worker.id}`, sk: 'WORKER' });
    await expectRefused(build, 'worker_not_found', () =>
      pollWhile(worker, () =>
        controller.dynamo.send(new DeleteItemCommand({ TableName: controller.stack.table, Key })),
      ),
    );
    expect(await controller.workerItem(worker.id)).toBeUndefined();
  });

  it.each([
    ['as the cancellation of the transaction', cancelled('TransactionConflict', 'None', 'None')],
    ['on the worker’s part', cancelled('None', 'TransactionConflict', 'None')],
    ['as an exception of its own', dynamoError('TransactionConflictException')],
  ])('conflict, met three times %s', async (_how, conflict) => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.dynamodbFaults.fail(TRANSACTION, conflict);
    await expectRefused(build, 'conflict', () => controller.poll(worker));
  });

  it.each([
    ['TransactionConflict', cancelled('TransactionConflict', 'None', 'None')],
    ['TransactionConflictException', dynamoError('TransactionConflictException')],
    ['TransactionInProgressException', dynamoError('TransactionInProgressException')],
  ])('a single %s is tried again under the same request token, within the same poll', async (_name, conflict) => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.dynamodbFaults.fail(TRANSACTION, conflict, 1);
    expect((await controller.poll(worker)).body.job).toMatchObject({ id: build.id, attempt: 1 });
    const tokens = requestTokens();
    expect([tokens.length, new Set(tokens).size]).toEqual([2, 1]);
  });
});

describe('a failure on the way gives the message back and says so', () => {
  it.each([
    ['a throttle', dynamoError('ThrottlingException')],
    ['a throttled part', cancelled('None', 'ThrottlingError', 'None')],
    ['an error of the database', dynamoError('InternalServerError')],
    ['a broken connection', 'dropBefore' as const],
    ['no answer', 'hang' as const],
  ])('%s', async (_what, fault) => {
    const build = await controller.submit();
    const worker = await controller.register();
    const before = await controller.buildItem(build.id);
    controller.dynamodbFaults.fail(TRANSACTION, fault);
    const answer = await controller.poll(worker);
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'unavailable', '5']);
    expect(new Set(requestTokens()).size).toBe(1);
    await expectGivenBack(before);
    expect((await controller.workerItem(worker.id)).currentBuildId).toBeUndefined();
    await expectStillAssignable(build);
  });

  it('leaves the message to its timeout when it cannot be given back either', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.dynamodbFaults.fail(TRANSACTION, cancelled('TransactionConflict', 'None', 'None'));
    controller.sqsFaults.fail('ChangeMessageVisibility', sqsError('InternalError', 500));
    expect((await controller.poll(worker)).body.job).toBeNull();
    expect(loggedEvents('message_left_to_timeout')).toHaveLength(1);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
    controller.dynamodbFaults.reset();
    await controller.hurryMessage();
    await expect.poll(() => pollForJob(worker), { timeout: 10_000 }).toBe(build.id);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });
});

describe('a build that can never be assigned', () => {
  it.each([
    ['source_missing', 'source_missing', { sourceKey: undefined }, 0],
    ['unreadable', 'unreadable', { submittedAt: 'yesterday', sourceKey: undefined }, 0],
    ['unreadable', 'unreadable', { attempt: 'none' }, 0],
    ['attempts_exhausted', 'lost_worker', { attempt: 3, spentAttempts: 3 }, 3],
  ])(
    '%s: fails with the reason, then its message goes, and the poll takes the next (%s)',
    async (reason, kind, attributes, attempt) => {
      const broken = await controller.submit();
      await controller.tamperBuild(broken.id, attributes);
      await controller.purge('ios');
      await controller.sendRaw('ios', hintOf(broken.id, attempt));
      const next = await controller.submit();
      const worker = await controller.register();
      const calls = await controller.callsOf(async () => expect(await pollForJob(worker)).toBe(next.id));

      expect(await controller.buildItem(broken.id)).toMatchObject({
        state: 'failed',
        failureKind: kind,
        failureMessage: `Assignment failed: ${reason}`,
      });
      expect((await controller.workerItem(worker.id)).currentBuildId).toBe(next.id);
      expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
      expect(calls.dynamodb[TRANSACTION]).toBe(3);
      const order = controller.timeline();
      // The worker is read first. Whether there is a pause, or anything urgent, is read between, unless it was moments ago.
      const [first, ...operations] = order.map(({ operation }) => operation);
      const [receive, transact, remove] = ['ReceiveMessage', TRANSACTION, 'DeleteMessage'];
      expect(first).toBe('GetItem');
      const acts = operations.filter((operation) => operation !== 'GetItem' && operation !== 'Query');
      expect(acts).toEqual([receive, transact, transact, remove, receive, transact, remove]);
      const answered = order.map(({ answeredAt = Number.POSITIVE_INFINITY }) => answeredAt);
      // One after the other: a build is marked failed before its message is deleted.
      expect(order.slice(1).filter(({ startedAt }, index) => startedAt < (answered[index] ?? 0))).toEqual([]);
    },
  );

  it.each([
    ['has been cancelled', { state: 'cancelled' }],
    ['waits for another attempt', { attempt: 1 }],
  ])('is not marked failed when by then it %s', async (_what, attributes) => {
    const broken = await controller.submit();
    await controller.tamperBuild(broken.id, { sourceKey: undefined });
    const assignment = controller.dynamodbFaults.hold(TRANSACTION);
    const answer = controller.poll(await controller.register());
    await assignment.arrived;
    const rejection = controller.dynamodbFaults.hold(TRANSACTION);
    assignment.release();
    await rejection.arrived;
    await controller.tamperBuild(broken.id, attributes);
    const before = await controller.buildItem(broken.id);
    rejection.release();
    expect((await answer).body.job).toBeNull();
    expect(await controller.buildItem(broken.id)).toEqual(before);
  });

  it('keeps its message when it cannot be marked failed', async () => {
    const broken = await controller.submit();
    await controller.tamperBuild(broken.id, { sourceKey: undefined });
    const before = await controller.buildItem(broken.id);
    const worker = await controller.register();
    // The assignment is refused by the engine itself; what fails is the marking.
    const held = controller.dynamodbFaults.hold(TRANSACTION);
    const answer = controller.poll(worker);
    await held.arrived;
    controller.dynamodbFaults.fail(TRANSACTION, dynamoError('InternalServerError'));
    held.release();
    expect((await answer).status).toBe(503);
    expect(await controller.buildItem(broken.id)).toEqual(before);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
    expect(controller.sqsFaults.counts()['DeleteMessage']).toBeUndefined();
  });
});

describe('a hint that leads nowhere', () => {
  const cancel = (id: string) => controller.request('POST', `/api/builds/${id}/cancel`, { headers: controller.key });

  async function assigned(): Promise<{ build: TestBuild; worker: TestWorker }> {
    const build = await controller.submit();
    const worker = await controller.register();
    expect(await pollForJob(worker)).toBe(build.id);
    return { build, worker };
  }

  const STALE: Record<string, () => Promise<string>> = {
    'names another attempt': async () => {
      const { id } = await controller.submit();
      await controller.purge('ios');
      await controller.tamperBuild(id, { attempt: 1 });
      await controller.sendRaw('ios', hintOf(id, 0));
      return id;
    },
    'names an attempt that is not there yet': async () => {
      const { id } = await controller.submit();
      await controller.purge('ios');
      await controller.sendRaw('ios', hintOf(id, 1));
      return id;
    },
    'tells of a cancelled build': async () => {
      const { id } = await controller.submit();
      await cancel(id);
      return id;
    },
    'tells of a completed build': async () => {
      const { build, worker } = await assigned();
      await controller.complete(worker, build.id);
      await controller.sendRaw('ios', hintOf(build.id, 0));
      return build.id;
    },
    'tells of a build that another worker was given': async () => {
      const { build } = await assigned();
      await controller.sendRaw('ios', hintOf(build.id, 0));
      return build.id;
    },
    'tells of a build at its present attempt, which another worker is building': async () => {
      const { build, worker } = await assigned();
      await controller.heartbeat(worker, build.id);
      await controller.sendRaw('ios', hintOf(build.id, 1));
      return build.id;
    },
  };

  it.each(Object.keys(STALE))('%s: is deleted, and nothing else changes', async (what) => {
    const id = await STALE[what]?.();
    const worker = await controller.register('late');
    const before = await controller.items();
    const calls = await controller.callsOf(async () => expect(await pollForJob(worker)).toBeUndefined());
    expect(calls.sqs).toEqual({ ReceiveMessage: 2, DeleteMessage: 1 });
    expect(await controller.items()).toEqual(before);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
    expect(loggedEvents('assignment_refused')).toMatchObject([{ buildId: id, reason: 'build_moved' }]);
  });

  it('stands with sixty like it before a build that waits: a free worker is given that build before they are gone', async () => {
    const { build } = await assigned();
    for (let copy = 0; copy < 60; copy++) await controller.sendRaw('ios', hintOf(build.id, 0));
    const { id } = await controller.submit();
    const worker = await controller.register();
    // One poll; a busy machine may need more, as a poll searches for two seconds.
    let job: unknown;
    for (let polls = 0; polls < 5 && !job; polls++) job = await pollForJob(worker);
    expect(job).toBe(id);
    expect((await controller.depth('ios')).waiting).toBeGreaterThan(1);
    expect(await controller.status(id)).toMatchObject({ state: 'assigned' });
  });

  it('tells of a build that is not there: is given back while it is young, and the poll takes the next', async () => {
    await controller.sendRaw('ios', hintOf('nobody-knows'));
    const next = await controller.submit();
    const calls = await controller.callsOf(async () =>
      expect(await pollForJob(await controller.register())).toBe(next.id),
    );
    expect(calls.sqs).toEqual({ ReceiveMessage: 2, ChangeMessageVisibility: 1, DeleteMessage: 1 });
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
  });

  it.each([
    ['is not JSON', 'kept-secret {'],
    ['is of another version', hintOf('kept-secret', 0, { v: 2 })],
    ['belongs into another queue', hintOf('kept-secret', 0, { platform: 'android' })],
    ['has an attempt that is no number', hintOf('kept-secret', 0, { attempt: '0' })],
    ['names a build by something that is no id', hintOf('../kept-secret')],
  ])('%s: is left to the redrive, logged by its id alone', async (_what, body) => {
    const { MessageId } = await controller.sendRaw('ios', body);
    const next = await controller.submit();
    const calls = await controller.callsOf(async () =>
      expect(await pollForJob(await controller.register())).toBe(next.id),
    );
    expect(calls.sqs).toEqual({ ReceiveMessage: 2, DeleteMessage: 1 });
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
    expect(loggedEvents('message_malformed')).toMatchObject([{ level: 'error', messageId: MessageId }]);
    expect(JSON.stringify(loggedEvents())).not.toContain('kept-secret');
  });

  // No engine lets a message's age be set: here the ports are made by hand.
  it.each([
    ['given back', 'younger than', 15 * 60_000 - 1],
    ['deleted', 'as old as', 15 * 60_000],
  ])('tells of a build that is not there: is %s when it is %s a quarter of an hour', async (outcome, _age, ageMs) => {
    const now = 1_800_000_000_000;
    const hint = {
      buildId: 'b',
      attempt: 0,
      platform: 'ios',
      submittedAt: 1,
      sourceSize: 1,
      sourceSha256: '',
    } as const;
    const message: Message = { id: 'm', receipt: 'r', platform: 'ios', receives: 1, sentAt: now - ageMs, hint };
    const messages = [message];
    const done: string[] = [];
    const queue: Pick<BuildQueue, 'receive' | 'delete' | 'giveBack'> = {
      receive: async () => messages.shift(),
      delete: async ({ id }) => void done.push(`deleted ${id}`),
      giveBack: async ({ id }) => void done.push(`given back ${id}`),
    };
    const builds: Pick<BuildStore, 'assign'> = { assign: async () => ({ ok: false, refusal: 'build_absent' }) };
    const ports = { queue: queue as BuildQueue, builds: builds as BuildStore, workers: {} as WorkerStore, secrets };
    const token = { hash: 'h', expiresAt: now + 1 };
    const times = {
      registeredAt: now,
      lastSeenAt: now,
      strikes: 0,
      isDraining: false,
      completedBuilds: 0,
      failedBuilds: 0,
    };
    const worker = { id: 'w', name: 'mac', platforms: ['ios'], epoch: 1, token, ...times } as const;
    const leases = { firstLeaseMs: 1000, leaseMs: 1000, maxAttempts: 3 };
    const settings = { ...leases, otpMs: OTP_MS, quarantine: QUARANTINE };
    const waiting = { urgent: async () => [], labelled: async () => [], some: async () => [] };
    const lookout = { isPaused: async () => false, isPausedNow: async () => false };
    const deps = { ...ports, waiting, lookout, clock: () => now, chance: () => 0, report: () => {} };
    expect((await assignBuild(deps, worker, 'h', settings)).assignment).toBeUndefined();
    expect(done).toEqual([`${outcome} m`]);
  });
});
