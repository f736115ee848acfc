import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advance, backToPresent } from '../history/time-travel.ts';
import type { TestWorker } from '../support/controller.ts';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import { dynamoError } from '../support/fault-errors.ts';

/** Builds that ask for labels go to workers that have them all, and to nobody else. */
let controller: FaultyController;
beforeAll(async () => {
  controller = await startFaultyController();
});
beforeEach(() => controller.reset());
afterAll(async () => {
  backToPresent();
  await controller.close();
});

/** In the form as a client of a new kind sends it. */
async function submit(fields: Record<string, string | string[]> = {}, key?: string) {
  const form = new FormData();
  form.append('platform', 'ios');
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one);
  form.append('source', new Blob([new Uint8Array(randomBytes(64))]), 'project.tar.gz');
  const headers = { ...controller.key, ...(key !== undefined && { 'idempotency-key': key }) };
  return controller.request('POST', '/api/builds', { headers, body: form });
}
const submitted = async (fields: Record<string, string | string[]>): Promise<string> => {
  const { status, body, text } = await submit(fields);
  expect(status, text).toBe(201);
  return body.id;
};
const register = (labels: readonly string[], more: object = {}) =>
  controller.register('mac', ['ios'], { labels, ...more });
const pollForJob = async (worker: TestWorker): Promise<string | undefined> =>
  (await controller.poll(worker)).body.job?.id;
const pending = async () => (await controller.items()).filter(({ sk, state }) => sk === 'BUILD' && state === 'pending');
const shown = async (id: string) =>
  (await controller.request('GET', `/api/builds/${id}`, { headers: controller.key })).body;

describe('a build that asks for labels', () => {
  it('goes to the worker that has them all, past those that lack one', async () => {
    const build = await submitted({ labels: ['xcode=26', 'signing'] });
    const others = [await register([]), await register(['signing']), await register(['xcode=26', 'xcode=15'])];
    for (const worker of others) expect(await pollForJob(worker)).toBeUndefined();
    const able = await register(['signing', 'xcode=26', 'm3']);
    expect(await pollForJob(able)).toBe(build);
    await controller.heartbeat(able, build);
    expect((await controller.complete(able, build)).status).toBe(200);
    expect(await controller.status(build)).toMatchObject({ state: 'completed', labels: ['signing', 'xcode=26'] });
  });

  it('has no message: no worker that lacks a label ever receives one', async () => {
    await submitted({ labels: 'signing' });
    const worker = await register([]);
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({ dynamodb: { GetItem: 1 }, sqs: { ReceiveMessage: 1 }, s3: {} });
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('is one write, and none more until it is assigned', async () => {
    const calls = await controller.callsOf(() => submitted({ labels: 'signing' }));
    expect(calls).toEqual({ dynamodb: { PutItem: 1 }, sqs: {}, s3: { PUT: 1 } });
    await controller.stack.runSchedule();
    const [build] = await pending();
    expect(build).toMatchObject({ sends: 0 });
    // When it is due, it is only looked at: the sweep has nothing to send either.
    await controller.tamperBuild(build.id, { dueAt: Date.now() - 1 });
    const { sqs } = await controller.callsOf(() => controller.stack.runSchedule());
    expect(sqs).toEqual({});
    const [looked] = await pending();
    expect(looked.dueAt).toBeGreaterThan(Date.now() + 60_000);
  });

  it('is assigned by one query for each label of its worker, and one transaction', async () => {
    await submitted({ labels: 'signing' });
    const worker = await register(['signing', 'xcode=26']);
    // Else it may be known whether there is a pause.
    advance(1_000);
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({
      dynamodb: { GetItem: 2, Query: 2, TransactWriteItems: 1 },
      sqs: { ReceiveMessage: 1 },
      s3: {},
    });
  });

  it('is found again after its worker was lost, given back, or gone', async () => {
    const build = await submitted({ labels: 'signing' });
    const [first, second] = [await register(['signing']), await register(['signing'])];
    expect(await pollForJob(first)).toBe(build);
    await controller.tamperBuild(build, { leaseUntil: Date.now() - 1, dueAt: Date.now() - 1 });
    await controller.stack.runSchedule();
    expect(await pollForJob(second)).toBe(build);
    const json = { build_id: build };
    await controller.request('POST', '/api/workers/abandon', { headers: controller.as(second), json });
    expect(await pollForJob(first)).toBe(build);
    await controller.request('POST', '/api/workers/unregister', { headers: controller.as(first), json: {} });
    expect(await pollForJob(second)).toBe(build);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
    expect(await controller.status(build)).toMatchObject({ attempt: 4, spent_attempts: 2 });
  });

  it('is granted to one of ten workers that poll at once', async () => {
    const build = await submitted({ labels: 'signing' });
    const workers = await Promise.all(Array.from({ length: 10 }, (_, index) => register(['signing', `mac-${index}`])));
    const jobs = await Promise.all(workers.map(pollForJob));
    expect(jobs.filter((job) => job !== undefined)).toEqual([build]);
  });

  it('ends like any other when nobody who has them comes', async () => {
    const build = await submitted({ labels: 'signing' });
    await controller.tamperBuild(build, { queuedAt: Date.now() - 86_400_000, dueAt: Date.now() - 1 });
    await controller.stack.runSchedule();
    expect(await controller.status(build)).toMatchObject({ state: 'failed', failure_kind: 'timeout_queue' });
    expect(await pollForJob(await register(['signing']))).toBeUndefined();
  });

  it('is not assigned once it is cancelled, though the index should still name it', async () => {
    const [gone, build] = [await submitted({ labels: 'signing' }), await submitted({ labels: 'signing' })];
    const { waitPartition } = await controller.buildItem(gone);
    await controller.request('POST', `/api/builds/${gone}/cancel`, { headers: controller.key });
    expect(await controller.buildItem(gone)).not.toHaveProperty('waitPartition');
    await controller.tamperBuild(gone, { waitPartition });
    expect(await pollForJob(await register(['signing']))).toBe(build);
    expect(await controller.status(gone)).toMatchObject({ state: 'cancelled' });
  });

  it('keeps no worker from plain builds when the index cannot be read', async () => {
    const plain = await submitted({});
    const worker = await register(['signing']);
    controller.dynamodbFaults.fail('Query', dynamoError('ThrottlingException'), 20);
    expect(await pollForJob(worker)).toBe(plain);
  });

  it('without a source fails, and its worker gets the next', async () => {
    const [broken, whole] = [await submitted({ labels: 'signing' }), await submitted({ labels: 'signing' })];
    await controller.tamperBuild(broken, { sourceKey: undefined, sourceSize: undefined, sourceSha256: undefined });
    expect(await pollForJob(await register(['signing']))).toBe(whole);
    expect(await controller.status(broken)).toMatchObject({ state: 'failed', failure_kind: 'source_missing' });
  });
});

describe('a stray message of a build that asks for labels', () => {
  const stray = (buildId: string) =>
    controller.sendRaw(
      'ios',
      JSON.stringify({
        ...{ v: 1, buildId, attempt: 0, platform: 'ios', submittedAt: Date.now() },
        ...{ sourceSize: 64, sourceSha256: 'a'.repeat(64) },
      }),
    );

  it('leads no worker that lacks one to it, and is deleted at first sight; the build goes on waiting', async () => {
    const build = await submitted({ labels: 'signing' });
    await stray(build);
    expect(await pollForJob(await register(['xcode=26']))).toBeUndefined();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
    expect(await pollForJob(await register(['signing']))).toBe(build);
  });
});

describe('labels', () => {
  it('are shown of builds and of workers, none where there are none', async () => {
    const [build, plain] = [await submitted({ labels: 'b,a,b', priority: '3' }), await submitted({})];
    expect(await shown(build)).toMatchObject({ labels: ['a', 'b'], priority: 3 });
    expect(await shown(plain)).toMatchObject({ labels: [], priority: 0 });
    const list = await controller.request('GET', '/api/builds', { headers: controller.key });
    expect(list.body.find(({ id }: { id: string }) => id === build)).toMatchObject({ labels: ['a', 'b'], priority: 3 });
    const [mac, bare] = [await register(['signing', 'm3']), await controller.register()];
    const { body } = await controller.request('GET', '/api/workers', { headers: controller.key });
    const labelsOf = (id: string) => body.workers.find((worker: { id: string }) => worker.id === id).labels;
    expect([labelsOf(mac.id), labelsOf(bare.id)]).toEqual([['m3', 'signing'], []]);
  });

  it('of a worker are those that it registered with last', async () => {
    await submitted({ labels: 'signing' });
    const worker = await register(['signing']);
    const again = await controller.register('mac', ['ios'], { id: worker.id });
    expect(again.id).toBe(worker.id);
    expect(await pollForJob(again)).toBeUndefined();
  });

  it('and priority make another request of the same content, and must be the same under one key', async () => {
    const body = () => {
      const form = new FormData();
      form.append('platform', 'ios');
      form.append('source', new Blob([new Uint8Array(64)]), 'project.tar.gz');
      return form;
    };
    const ids = new Set<string>();
    for (const fields of [{}, { labels: 'a' }, { labels: 'a,b' }, { priority: '2' }, { labels: 'a', priority: '2' }]) {
      for (const _time of ['first', 'again']) {
        const form = body();
        for (const [name, value] of Object.entries(fields)) form.append(name, value);
        ids.add((await controller.request('POST', '/api/builds', { headers: controller.key, body: form })).body.id);
      }
    }
    expect(ids.size).toBe(5);

    const headers = { ...controller.key, 'idempotency-key': 'run-1' };
    const send = (labels: string) => {
      const form = body();
      form.append('labels', labels);
      return controller.request('POST', '/api/builds', { headers, body: form });
    };
    const [first, same, other] = [await send('a,b'), await send('b,a'), await send('a')];
    expect(same.body.id).toBe(first.body.id);
    expect([other.status, other.body.code]).toEqual([409, 'repeated_differently']);
  });

  it('and priority are kept by a retry', async () => {
    const build = await submitted({ labels: 'signing', priority: '4' });
    await controller.request('POST', `/api/builds/${build}/cancel`, { headers: controller.key });
    const { body } = await controller.request('POST', `/api/builds/${build}/retry`, { headers: controller.key });
    expect(await shown(body.id)).toMatchObject({ labels: ['signing'], priority: 4, original_build_id: build });
    expect(await pollForJob(await register(['signing']))).toBe(body.id);
  });

  it.each([
    [{ labels: 'Signing' }, /^labels must be at most 5 /],
    [{ labels: 'a,b,c,d,e,f' }, /^labels must be at most 5 /],
    [{ priority: '11' }, /^priority must be a whole number from 0 to 10$/],
  ])('are refused where they are none: %j', async (fields, error) => {
    const { status, body } = await submit(fields);
    expect([status, body.code, body.error]).toEqual([400, 'invalid_request', expect.stringMatching(error)]);
  });
});

describe('a build with priority', () => {
  /** Past the time for which a function knows that nothing is urgent. */
  const forget = () => advance(6_000);
  /** The build is so much older, and its message the only one. */
  const age = async (id: string, ms: number) => {
    const { submittedAt, queuedAt } = await controller.buildItem(id);
    await controller.tamperBuild(id, { submittedAt: submittedAt - ms, queuedAt: queuedAt - ms });
    await controller.purge('ios');
    const hint = { v: 1, buildId: id, attempt: 0, platform: 'ios', submittedAt: submittedAt - ms };
    await controller.sendRaw('ios', JSON.stringify({ ...hint, sourceSize: 64, sourceSha256: 'a'.repeat(64) }));
  };

  it('goes before all that were submitted before it, in the order of priority; its own message is then stale', async () => {
    const plain = [await submitted({}), await submitted({})];
    const [low, high] = [await submitted({ priority: '1' }), await submitted({ priority: '2' })];
    const workers = await Promise.all(Array.from({ length: 4 }, () => controller.register()));
    forget();
    const order = [];
    for (const worker of workers) order.push(await pollForJob(worker));
    expect(order).toEqual([high, low, ...plain]);
    expect(await pollForJob(await controller.register())).toBeUndefined();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('does not go before one that has waited ten minutes longer for each point', async () => {
    const plain = await submitted({});
    const [two, three] = [await submitted({ priority: '2' }), await submitted({ priority: '3' })];
    await age(plain, 2 * 600_000 + 60_000);
    const workers = [await controller.register(), await controller.register()];
    forget();
    const order = [];
    for (const worker of workers) order.push(await pollForJob(worker));
    expect(order).toEqual([three, plain]);
    expect(await pending()).toMatchObject([{ id: two }]);
  });

  it('costs one query, and the message that makes way is there again at once', async () => {
    await submitted({});
    const urgent = await submitted({ priority: '1' });
    const worker = await controller.register();
    forget();
    let job: unknown;
    const calls = await controller.callsOf(async () => {
      job = await pollForJob(worker);
    });
    expect(job).toBe(urgent);
    expect(calls).toEqual({
      dynamodb: { GetItem: 2, Query: 1, TransactWriteItems: 1 },
      sqs: { ReceiveMessage: 1, ChangeMessageVisibility: 1 },
      s3: {},
    });
    expect(await controller.depth('ios')).toEqual({ waiting: 2, hidden: 0 });
  });

  it('is a plain message to a function that has just seen that nothing is urgent, and is not lost', async () => {
    const workers = await Promise.all(Array.from({ length: 3 }, () => controller.register()));
    const [first, second] = [await submitted({}), await submitted({})];
    forget();
    const jobs = [];
    jobs.push(await pollForJob(workers[0] as TestWorker));
    const urgent = await submitted({ priority: '10' });
    for (const worker of workers.slice(1)) jobs.push(await pollForJob(worker));
    expect(jobs).toEqual([first, second, urgent]);
  });

  it('is left to its message when the index cannot be read', async () => {
    const [plain, urgent] = [await submitted({}), await submitted({ priority: '1' })];
    forget();
    controller.dynamodbFaults.fail('Query', dynamoError('ThrottlingException'), 20);
    expect(await pollForJob(await controller.register())).toBe(plain);
    await controller.heal();
    forget();
    expect(await pollForJob(await controller.register())).toBe(urgent);
  });

  it('goes by labels first: of two with them, before the one that waits longer', async () => {
    const [plain, first, second] = [
      await submitted({}),
      await submitted({ labels: 'signing' }),
      await submitted({ labels: 'signing', priority: '1' }),
    ];
    const workers = [await register(['signing']), await register(['signing']), await register(['signing'])];
    const order = [];
    for (const worker of workers) order.push(await pollForJob(worker));
    expect(order).toEqual([second, plain, first]);
  });
});
