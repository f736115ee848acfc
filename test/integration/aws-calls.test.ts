import { createHash, randomBytes } from 'node:crypto';
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advance, backToPresent } from '../history/time-travel.ts';
import type { TestWorker } from '../support/controller.ts';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';

/** What each step asks of AWS, counted on the wire: this is what a build costs. */
describe('AWS calls', () => {
  let controller: FaultyController;
  beforeAll(async () => {
    controller = await startFaultyController();
    // The first poll of an environment reads whether its platforms are paused; then it is known.
    await controller.poll(await controller.register('first', ['ios', 'android']));
  });
  beforeEach(() => controller.reset());
  afterAll(async () => {
    backToPresent();
    await controller.close();
  });

  const post = async (worker: TestWorker, path: string, json: object) => {
    const answer = await controller.request('POST', path, { headers: controller.as(worker), json });
    expect(answer.status, answer.text).toBe(200);
    return answer;
  };

  async function uploadResult(worker: TestWorker, buildId: string): Promise<string> {
    const bytes = randomBytes(100);
    const json = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    const { body } = await post(worker, `/api/builds/${buildId}/uploads`, json);
    expect((await fetch(body.url, { method: 'PUT', headers: body.headers, body: bytes })).status).toBe(200);
    return body.upload_id;
  }

  it('an empty poll reads the worker and asks the queue, nothing else', async () => {
    const worker = await controller.register();
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({ dynamodb: { GetItem: 1 }, sqs: { ReceiveMessage: 1 }, s3: {} });
  });

  it('an empty poll of a worker for both platforms asks both queues', async () => {
    const worker = await controller.register('mac', ['ios', 'android']);
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({ dynamodb: { GetItem: 1 }, sqs: { ReceiveMessage: 2 }, s3: {} });
  });

  it('notes that a worker was seen once in 150 s, with one write', async () => {
    const worker = await controller.register();
    await controller.tamperWorker(worker.id, { lastSeenAt: Date.now() - 151_000 });
    const first = await controller.callsOf(() => controller.poll(worker));
    expect(first).toEqual({ dynamodb: { GetItem: 1, UpdateItem: 1 }, sqs: { ReceiveMessage: 1 }, s3: {} });
    const second = await controller.callsOf(() => controller.poll(worker));
    expect(second).toEqual({ dynamodb: { GetItem: 1 }, sqs: { ReceiveMessage: 1 }, s3: {} });
  });

  it('a key with a record costs one read a minute, the project’s own none', async () => {
    const worker = await controller.register();
    const json = { name: 'mac mini', scopes: ['work-any'] };
    const { body } = await controller.request('POST', '/api/keys', { headers: controller.key, json });
    const pollBy = (key: string) => () =>
      controller.request('GET', `/api/workers/poll?worker_id=${worker.id}`, { headers: { 'x-api-key': key } });
    const empty = { sqs: { ReceiveMessage: 1 }, s3: {} };
    expect(await controller.callsOf(pollBy(controller.apiKey))).toEqual({ dynamodb: { GetItem: 1 }, ...empty });
    expect(await controller.callsOf(pollBy(body.key))).toEqual({ dynamodb: { GetItem: 2 }, ...empty });
    expect(await controller.callsOf(pollBy(body.key))).toEqual({ dynamodb: { GetItem: 1 }, ...empty });
  });

  it('a place in the queue is told by three pages of indexes and their records, and of what does not wait by none', async () => {
    const { build } = await controller.assigned();
    const waiting = await controller.submit();
    const ask = (id: string) => () => controller.request('GET', `/api/builds/${id}/queue`, { headers: controller.key });
    // The build, and whether its platform is paused.
    const dynamodb = { GetItem: 2, Query: 3, BatchGetItem: expect.any(Number) };
    const calls = await controller.callsOf(ask(waiting.id));
    expect(calls).toEqual({ dynamodb, sqs: {}, s3: {} });
    expect(calls.dynamodb['BatchGetItem']).toBeLessThanOrEqual(3);
    expect(await controller.callsOf(ask(build.id))).toEqual({ dynamodb: { GetItem: 1 }, sqs: {}, s3: {} });
  });

  it('to ask for a source that is stored already is one look at the store', async () => {
    const json = { size: 3, sha256: 'a'.repeat(64), reuse: 'now' };
    const ask = () => controller.request('POST', '/api/uploads', { headers: controller.key, json });
    expect(await controller.callsOf(ask)).toEqual({ dynamodb: {}, sqs: {}, s3: { HEAD: 1 } });
  });

  it('a poll of a worker that builds receives no message', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    await controller.submit();
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({ dynamodb: { GetItem: 2 }, sqs: {}, s3: {} });
  });

  it('a poll with a token that is not good receives no message', async () => {
    await controller.submit();
    const worker = await controller.register();
    await controller.tamperWorker(worker.id, { tokenExpiresAt: Date.now() - 1 });
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({ dynamodb: { GetItem: 1 }, sqs: {}, s3: {} });
  });

  it('an assignment reads the worker, receives, reads whether there is a pause, and is one transaction and one delete', async () => {
    // From here on it is known for some seconds that nothing is urgent.
    await controller.assigned();
    await controller.submit();
    const worker = await controller.register();
    // Within a second of the last look it would be known.
    advance(1_000);
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({
      dynamodb: { GetItem: 2, TransactWriteItems: 1 },
      sqs: { ReceiveMessage: 1, DeleteMessage: 1 },
      s3: {},
    });
    const order = controller.timeline();
    expect(order.map(({ operation }) => operation)).toEqual([
      'GetItem',
      'ReceiveMessage',
      'GetItem',
      'TransactWriteItems',
      'DeleteMessage',
    ]);
    expect(order[4]?.startedAt).toBeGreaterThanOrEqual(order[3]?.answeredAt ?? Number.POSITIVE_INFINITY);
  });

  it('a look for builds with priority comes with an assignment each five seconds, and is half a read unit', async () => {
    advance(5_000);
    for (const looks of [{ Query: 1 }, {}]) {
      advance(1_000);
      await controller.submit();
      const worker = await controller.register();
      const { dynamodb, sqs } = await controller.callsOf(() => controller.poll(worker));
      expect(dynamodb).toEqual({ GetItem: 2, TransactWriteItems: 1, ...looks });
      expect(sqs).toEqual({ ReceiveMessage: 1, DeleteMessage: 1 });
      const [query] = controller.dynamodbFaults.calls.filter(({ operation }) => operation === 'Query');
      if (!query) continue;
      const input = { ...JSON.parse(query.body), ReturnConsumedCapacity: 'TOTAL' };
      const { ConsumedCapacity: consumed } = await controller.dynamo.send(new QueryCommand(input));
      expect(consumed?.CapacityUnits).toBe(0.5);
    }
  });

  it('an empty poll of a worker with labels asks the index once for each of them, and no other poll asks it', async () => {
    const worker = await controller.register('mac', ['ios'], { labels: ['signing', 'xcode=26'] });
    const calls = await controller.callsOf(() => controller.poll(worker));
    expect(calls).toEqual({ dynamodb: { GetItem: 1, Query: 2 }, sqs: { ReceiveMessage: 1 }, s3: {} });
  });

  it('a heartbeat is one conditional write, without a read', async () => {
    const { build, worker } = await controller.assigned();
    for (const _beat of ['first', 'second']) {
      const calls = await controller.callsOf(() => controller.heartbeat(worker, build.id));
      expect(calls).toEqual({ dynamodb: { UpdateItem: 1 }, sqs: {}, s3: {} });
    }
  });

  it('a heartbeat costs one write unit and touches no index', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    const before = await controller.buildItem(build.id);
    await controller.callsOf(() => controller.heartbeat(worker, build.id));
    const after = await controller.buildItem(build.id);
    const keys = [
      'duePartition',
      'dueAt',
      'listPartition',
      'listedAt',
      'finishedDay',
      'finishedAt',
      'waitPartition',
      'rank',
    ];
    expect(keys.map((key) => after[key])).toEqual(keys.map((key) => before[key]));

    const [call] = controller.dynamodbFaults.calls;
    const input = { ...JSON.parse(call?.body ?? ''), ReturnConsumedCapacity: 'INDEXES' };
    const { ConsumedCapacity: consumed } = await controller.dynamo.send(new UpdateItemCommand(input));
    expect([consumed?.CapacityUnits, consumed?.Table?.CapacityUnits]).toEqual([1, 1]);
    expect(
      Object.values(consumed?.GlobalSecondaryIndexes ?? {}).filter(({ CapacityUnits = 0 }) => CapacityUnits > 0),
    ).toEqual([]);
  });

  it('a completion is one look at the object and one transaction', async () => {
    const { build, worker } = await controller.assigned();
    const upload_id = await uploadResult(worker, build.id);
    const report = { build_id: build.id, success: true, upload_id };
    const calls = await controller.callsOf(() => post(worker, '/api/workers/result', report));
    expect(calls).toEqual({ dynamodb: { TransactWriteItems: 1 }, sqs: {}, s3: { HEAD: 1 } });
    expect(await controller.status(build.id)).toMatchObject({ state: 'completed' });
  });

  it.each([
    ['/api/workers/fail', { error: 'no' }],
    ['/api/workers/result', { success: false, error_message: 'no' }],
  ])('a failure by %s is one transaction', async (path, report) => {
    const { build, worker } = await controller.assigned();
    const calls = await controller.callsOf(() => post(worker, path, { build_id: build.id, ...report }));
    expect(calls).toEqual({ dynamodb: { TransactWriteItems: 1 }, sqs: {}, s3: {} });
  });

  it('a submit is one object, one item, one message and one note that it was sent', async () => {
    const calls = await controller.callsOf(() => controller.submit());
    expect(calls).toEqual({ dynamodb: { PutItem: 1, UpdateItem: 1 }, sqs: { SendMessage: 1 }, s3: { PUT: 1 } });
    const operations = controller.timeline().map(({ operation }) => operation);
    expect(operations).toEqual(['PUT', 'PutItem', 'SendMessage', 'UpdateItem']);
  });

  it('a cancel is one read and one transaction, whether a worker holds the build or not', async () => {
    const cancel = (id: string) => controller.request('POST', `/api/builds/${id}/cancel`, { headers: controller.key });
    const { build } = await controller.assigned();
    const waiting = await controller.submit();
    for (const { id } of [build, waiting]) {
      const calls = await controller.callsOf(() => cancel(id));
      expect(calls).toEqual({ dynamodb: { GetItem: 1, TransactWriteItems: 1 }, sqs: {}, s3: {} });
    }
  });

  it('nothing scans: not the lists, not the statistics, not the sweep', async () => {
    const { build, worker } = await controller.assigned();
    const headers = controller.key;
    const { dynamodb } = await controller.callsOf(async () => {
      await post(worker, `/api/builds/${build.id}/logs`, { level: 'info', message: 'hello' });
      await controller.complete(worker, build.id);
      const paths = ['', `/${build.id}/status`, `/${build.id}/logs`, `/${build.id}/download`];
      for (const path of [...paths.map((path) => `/api/builds${path}`), '/api/stats', '/public/stats', '/health']) {
        const answer = await controller.request('GET', path, { headers });
        expect([path, answer.status]).toEqual([path, 200]);
      }
      await controller.tamperBuild((await controller.submit()).id, { dueAt: Date.now() - 1 });
      await controller.stack.runSchedule();
    });
    expect(Object.keys(dynamodb)).toContain('Query');
    expect(Object.keys(dynamodb)).not.toContain('Scan');
  });
});
