import { createHash, randomBytes } from 'node:crypto';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestBuild, TestWorker } from '../support/controller.ts';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import { dynamoError, slowDown, sqsError } from '../support/fault-errors.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { loggedEvents } from '../support/quiet.ts';

/** Whole engines that fail, and replies that get lost after the engine has done what it was asked. */
let controller: FaultyController;
beforeAll(async () => {
  controller = await startFaultyController();
});
beforeEach(() => controller.reset());
afterAll(() => controller.close());

const TRANSACTION = 'TransactWriteItems';
const pollForJob = async (worker: TestWorker) => (await controller.poll(worker)).body.job;

interface Assigned {
  readonly build: TestBuild;
  readonly worker: TestWorker;
}

async function assigned(): Promise<Assigned> {
  const build = await controller.submit();
  const worker = await controller.register();
  expect((await pollForJob(worker)).id).toBe(build.id);
  return { build, worker };
}

async function uploadResult(worker: TestWorker, buildId: string): Promise<string> {
  const bytes = randomBytes(100);
  const json = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const headers = controller.as(worker);
  const { body } = await controller.request('POST', `/api/builds/${buildId}/uploads`, { headers, json });
  expect((await fetch(body.url, { method: 'PUT', headers: body.headers, body: bytes })).status).toBe(200);
  return body.upload_id;
}

function submitForm(): FormData {
  const form = new FormData();
  form.append('platform', 'ios');
  form.append('source', new Blob([randomBytes(64)]), 'project.tar.gz');
  return form;
}

describe('an engine that fails', () => {
  type Engine = 'dynamodb' | 'sqs' | 's3';

  /** What becomes of each request. A submit is safe without the queue: the sweep sends the message. */
  const STATUSES = {
    dynamodb: { poll: 503, heartbeat: 503, submit: 503, finish: 503, source: 503, status: 503 },
    sqs: { poll: 503, submit: 200, source: 200, status: 200 },
    s3: { submit: 503, finish: 503, source: 503, status: 200 },
  } as const;
  const THROTTLES: Record<Engine, Fault> = {
    dynamodb: dynamoError('ProvisionedThroughputExceededException'),
    sqs: sqsError('RequestThrottled'),
    s3: slowDown,
  };
  const proxyOf = (engine: Engine) =>
    ({ dynamodb: controller.dynamodbFaults, sqs: controller.sqsFaults, s3: controller.s3Faults })[engine];
  const FAILURES: Record<string, (engine: Engine) => Promise<void>> = {
    'never answers': async (engine) => proxyOf(engine).fail('*', 'hang'),
    'breaks every connection': async (engine) => proxyOf(engine).fail('*', 'dropBefore'),
    'refuses connections': (engine) => proxyOf(engine).refuse(),
    'throttles everything': async (engine) => proxyOf(engine).fail('*', THROTTLES[engine]),
  };
  const CASES = Object.keys(FAILURES).flatMap((failure) =>
    (['dynamodb', 'sqs', 's3'] as const).map((engine) => [engine, failure] as const),
  );

  async function requestsToAll() {
    const { build, worker } = await assigned();
    const upload_id = await uploadResult(worker, build.id);
    await controller.submit();
    const free = await controller.register('free');
    const [headers, key] = [controller.as(worker), controller.key];
    const finish = { build_id: build.id, success: true, upload_id };
    const path = `/api/builds/${build.id}`;
    const requests = {
      poll: () => controller.poll(free),
      heartbeat: () => controller.heartbeat(worker, build.id),
      submit: () => controller.request('POST', '/api/builds/submit', { headers: key, body: submitForm() }),
      finish: () => controller.request('POST', '/api/workers/result', { headers, json: finish }),
      source: () => controller.request('GET', `${path}/source`, { headers }),
      status: () => controller.request('GET', `${path}/status`, { headers: key }),
    };
    return { requests, finish: requests.finish };
  }

  it.each(CASES)(
    '%s %s: 503 and Retry-After while the function lives, and nothing changes',
    async (engine, failure) => {
      const { requests, finish } = await requestsToAll();
      const before = await controller.items();
      await FAILURES[failure]?.(engine);
      const answers = await Promise.all(
        Object.entries(requests)
          .filter(([name]) => name in STATUSES[engine])
          .map(async ([name, send]) => {
            const startedAt = performance.now();
            const answer = await send();
            return { name, ms: performance.now() - startedAt, ...answer };
          }),
      );
      await controller.heal();

      expect(Object.fromEntries(answers.map(({ name, status }) => [name, status]))).toEqual(STATUSES[engine]);
      expect(answers.filter(({ ms }) => ms >= 6_000)).toEqual([]);
      for (const { headers, body, text } of answers.filter(({ status }) => status === 503)) {
        expect([headers.get('retry-after'), body.code]).toEqual(['5', 'unavailable']);
        expect(Object.keys(body).sort()).toEqual(['code', 'error', 'requestId']);
        expect(text).not.toMatch(/\.ts|node_modules|\bat |injected|ECONN|127\.0\.0\.1/);
      }
      const after = await controller.items();
      expect(after).toEqual(expect.arrayContaining(before));
      expect(after).toHaveLength(before.length + (engine === 'sqs' ? 1 : 0));
      expect(loggedEvents('request_failed')).toEqual([]);
      expect((await finish()).status, 'all is well again').toBe(200);
    },
  );
});

describe('an assignment whose reply is lost', () => {
  it('after the commit: the SDK asks again under the same request token, and the job is answered', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.dynamodbFaults.fail(TRANSACTION, 'dropAfter', 1);
    expect(await pollForJob(worker)).toMatchObject({ id: build.id, attempt: 1 });
    const transactions = controller.dynamodbFaults.calls.filter(({ operation }) => operation === TRANSACTION);
    expect(transactions.map(({ body }) => body)).toEqual([transactions[0]?.body, transactions[0]?.body]);
    expect(await controller.buildItem(build.id)).toMatchObject({ state: 'assigned', attempt: 1, workerId: worker.id });
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('after the commit, every time: the worker’s next poll answers the build, and nobody else gets it', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.dynamodbFaults.fail(TRANSACTION, 'dropAfter');
    expect((await controller.poll(worker)).status).toBe(503);
    await controller.sendCopy(build.id);
    await controller.heal();
    expect(await pollForJob(await controller.register('other'))).toBeNull();
    expect(await pollForJob(worker)).toMatchObject({ id: build.id, attempt: 1 });
  });

  it('takes effect after its poll has given up: the worker’s next poll answers the build', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    const held = controller.dynamodbFaults.hold(TRANSACTION);
    expect((await controller.poll(worker)).status).toBe(503);
    expect((await controller.buildItem(build.id)).state).toBe('pending');
    held.release();
    await expect.poll(async () => (await controller.buildItem(build.id)).state).toBe('assigned');
    expect(await pollForJob(worker)).toMatchObject({ id: build.id, attempt: 1 });
    expect((await controller.complete(worker, build.id)).status).toBe(200);
  });

  it('on the way to the worker: the next poll answers the same build and attempt with a new one-time password', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    const lost = await pollForJob(worker);
    const again = await pollForJob(worker);
    expect(again).toMatchObject({ id: build.id, attempt: 1, lease_until: lost.lease_until });
    expect(again.otp).not.toBe(lost.otp);
  });

  it('from the queue: the message comes again after its timeout', async () => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.sqsFaults.fail('ReceiveMessage', 'dropAfter', 1);
    expect(await pollForJob(worker)).toBeNull();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
    await controller.sendCopy(build.id);
    expect(await pollForJob(worker)).toMatchObject({ id: build.id, attempt: 1 });
  });

  it.each([
    ['cannot be sent', sqsError('InternalError', 500)],
    ['is answered by a refusal', sqsError('ReceiptHandleIsInvalid')],
  ])('a delete that %s does not take the job away, and the message left is deleted as stale', async (_how, fault) => {
    const build = await controller.submit();
    const worker = await controller.register();
    controller.sqsFaults.fail('DeleteMessage', fault);
    expect(await pollForJob(worker)).toMatchObject({ id: build.id });
    expect(loggedEvents('message_left_to_timeout')).toHaveLength(1);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 1 });
    await controller.hurryMessage();
    controller.sqsFaults.reset();
    const before = await controller.buildItem(build.id);
    const other = await controller.register('other');
    const isGone = async () => {
      expect(await pollForJob(other)).toBeNull();
      return controller.sqsFaults.counts()['DeleteMessage'];
    };
    await expect.poll(isGone, { timeout: 10_000 }).toBe(1);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
    expect(await controller.buildItem(build.id)).toEqual(before);
  });
});

describe('a change that meets another writer', () => {
  const post = (path: string, headers: Record<string, string>, json: object = {}) =>
    controller.request('POST', path, { headers, json });
  const CHANGES: Record<string, (held: Assigned) => ReturnType<FaultyController['request']>> = {
    heartbeat: ({ build, worker }) => controller.heartbeat(worker, build.id),
    completion: ({ build, worker }) => controller.complete(worker, build.id),
    failure: ({ build, worker }) => post('/api/workers/fail', controller.as(worker), { build_id: build.id }),
    cancel: ({ build }) => post(`/api/builds/${build.id}/cancel`, controller.key),
  };
  const conflict = dynamoError('TransactionConflictException');

  it.each(Object.keys(CHANGES))(
    '%s: tries again, and only a lasting conflict is the caller’s to repeat',
    async (what) => {
      const held = await assigned();
      const before = await controller.items();
      for (const operation of ['UpdateItem', TRANSACTION]) controller.dynamodbFaults.fail(operation, conflict);
      const lasting = await CHANGES[what]?.(held);
      expect([lasting?.status, lasting?.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await controller.items()).toEqual(before);

      controller.dynamodbFaults.reset();
      for (const operation of ['UpdateItem', TRANSACTION]) controller.dynamodbFaults.fail(operation, conflict, 2);
      expect((await CHANGES[what]?.(held))?.status).toBe(200);
    },
  );

  it.each(Object.keys(CHANGES))('%s: takes effect once when its reply is lost', async (what) => {
    const held = await assigned();
    for (const operation of ['UpdateItem', TRANSACTION]) controller.dynamodbFaults.fail(operation, 'dropAfter', 1);
    expect((await CHANGES[what]?.(held))?.status).toBe(200);
    const { completedBuilds, failedBuilds } = await controller.workerItem(held.worker.id);
    const counted = { completion: [1, 0], failure: [0, 1] }[what] ?? [0, 0];
    expect([completedBuilds, failedBuilds]).toEqual(counted);
  });

  it('second registration: is known as its own when its reply is lost', async () => {
    const worker = await controller.register();
    controller.dynamodbFaults.fail('UpdateItem', 'dropAfter', 1);
    const again = await controller.register('mac', ['ios'], { id: worker.id });
    expect(again.id).toBe(worker.id);
    expect((await controller.workerItem(worker.id)).epoch).toBe(2);
    expect((await controller.poll(again)).status).toBe(200);
  });

  it('log lines: are there once when the replies are lost; readers wait 10 s for the place that stayed free', async () => {
    const { build, worker } = await assigned();
    for (const operation of ['UpdateItem', 'PutItem']) controller.dynamodbFaults.fail(operation, 'dropAfter', 1);
    const path = `/api/builds/${build.id}/logs`;
    const line = { level: 'info', message: 'said once' };
    expect((await post(path, controller.as(worker), line)).status).toBe(200);
    const messages = async (): Promise<string[]> => {
      const { body } = await controller.request('GET', path, { headers: controller.key });
      return body.logs.map(({ message }: { message: string }) => message);
    };
    expect(await messages()).toEqual(['Build submitted']);
    await controller.tamper(`BUILD#${build.id}`, 'LOG#00000002', { storedAt: Date.now() - 10_000 });
    expect(await messages()).toEqual(['Build submitted', line.message]);
  });

  it('requeue: happens once when its reply and that of its message are lost', async () => {
    const { build } = await assigned();
    await controller.tamperBuild(build.id, { leaseUntil: Date.now() - 60_000, dueAt: Date.now() - 60_000 });
    controller.dynamodbFaults.fail(TRANSACTION, 'dropAfter', 1);
    controller.sqsFaults.fail('SendMessage', 'dropAfter', 1);
    await controller.stack.runSchedule();
    expect(await controller.buildItem(build.id)).toMatchObject({ state: 'pending', attempt: 1 });
    expect(await controller.depth('ios')).toEqual({ waiting: 2, hidden: 0 });
    const polls = await Promise.all(['a', 'b'].map(async (name) => pollForJob(await controller.register(name))));
    expect(polls.filter((job) => job !== null)).toMatchObject([{ id: build.id, attempt: 2 }]);
  });
});

it.each([
  ['the worker has sent a heartbeat', ({ build, worker }: Assigned) => controller.heartbeat(worker, build.id), 1],
  ['it is another attempt’s', ({ build }: Assigned) => controller.tamperBuild(build.id, { attempt: 2 }), 2],
])(
  'the sweep takes no lease back that was lost when it looked, if since then %s',
  async (_what, meanwhile, attempt) => {
    const held = await assigned();
    await controller.tamperBuild(held.build.id, { leaseUntil: Date.now() - 60_000, dueAt: Date.now() - 60_000 });
    const requeue = controller.dynamodbFaults.hold(TRANSACTION);
    const swept = controller.stack.runSchedule();
    await requeue.arrived;
    await meanwhile(held);
    const before = await controller.buildItem(held.build.id);
    requeue.release();
    await swept;
    expect(await controller.buildItem(held.build.id)).toEqual(before);
    expect(before).toMatchObject({ attempt, workerId: held.worker.id });
  },
);

it('a dead letter that cannot be handled stays where it is, and its build as it was', async () => {
  const { id, source } = await controller.submit();
  const hint = { v: 1, buildId: id, attempt: 0, platform: 'ios', submittedAt: 1, sourceSize: source.length };
  await controller.sendRaw('deadLetters', JSON.stringify({ ...hint, sourceSha256: 'a'.repeat(64) }));
  const before = await controller.buildItem(id);
  controller.dynamodbFaults.fail('*', dynamoError('InternalServerError'));
  expect(await controller.stack.pollQueues()).toBe(1);
  expect(await controller.depth('deadLetters')).toEqual({ waiting: 0, hidden: 1 });
  expect(await controller.buildItem(id)).toEqual(before);
  expect(loggedEvents('record_failed')).toHaveLength(1);
});

describe('a source that is gone', () => {
  it('fails the build, frees the worker, and leaves it ready for the next', async () => {
    const { build, worker } = await assigned();
    const { sourceKey } = await controller.buildItem(build.id);
    const { engines, region, credentials, buckets } = controller.stack;
    const s3 = new S3Client({ endpoint: engines.s3, region, credentials, forcePathStyle: true });
    await s3.send(new DeleteObjectCommand({ Bucket: buckets.sources, Key: sourceKey }));
    s3.destroy();
    const headers = controller.as(worker);
    const source = await controller.request('GET', `/api/builds/${build.id}/source`, { headers });
    expect([source.status, source.body.code]).toEqual([404, 'source_missing']);
    expect(await controller.buildItem(build.id)).toMatchObject({ state: 'failed', failureKind: 'source_missing' });
    expect((await controller.workerItem(worker.id)).currentBuildId).toBeUndefined();
    const next = await controller.submit();
    expect(await pollForJob(worker)).toMatchObject({ id: next.id, attempt: 1 });
  });
});

describe('a result', () => {
  it('whose reply was lost is counted once', async () => {
    const { build, worker } = await assigned();
    controller.dynamodbFaults.fail(TRANSACTION, 'dropAfter', 1);
    expect((await controller.complete(worker, build.id)).status).toBe(200);
    expect(await controller.workerItem(worker.id)).toMatchObject({ completedBuilds: 1 });
  });

  it('of an attempt that was lost while it was on the way is refused, and never served', async () => {
    const { build, worker } = await assigned();
    await controller.heartbeat(worker, build.id);
    const held = controller.dynamodbFaults.hold(TRANSACTION);
    const late = controller.complete(worker, build.id, Buffer.from('of the lost attempt'));
    await held.arrived;
    await controller.tamperBuild(build.id, { leaseUntil: Date.now() - 60_000, dueAt: Date.now() - 60_000 });
    await controller.stack.runSchedule();
    const other = await controller.register('other');
    expect(await pollForJob(other)).toMatchObject({ id: build.id, attempt: 2 });
    held.release();
    const { status, body } = await late;
    expect([status, body.code]).toEqual([409, 'lease_lost']);
    expect((await controller.complete(other, build.id, Buffer.from('of the winner'))).status).toBe(200);
    const file = await controller.request('GET', `/api/builds/${build.id}/download`, { headers: controller.key });
    expect(file.text).toBe('of the winner');
  });
});

describe('a submit', () => {
  it('whose message cannot be sent succeeds, and the sweep sends it', async () => {
    controller.sqsFaults.fail('SendMessage', sqsError('InternalError', 500));
    const build = await controller.submit();
    expect(loggedEvents('send_left_to_sweep')).toMatchObject([{ buildId: build.id }]);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
    await controller.heal();
    await controller.stack.runSchedule();
    expect(await pollForJob(await controller.register())).toMatchObject({ id: build.id, attempt: 1 });
    await controller.stack.runSchedule();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('whose record was written and the reply lost is one build, and its token is good', async () => {
    controller.dynamodbFaults.fail('PutItem', 'dropAfter', 1);
    const build = await controller.submit();
    expect(controller.dynamodbFaults.counts()['PutItem']).toBe(2);
    const ids = (await controller.items()).filter(({ sk }) => sk === 'BUILD').map(({ id }) => id);
    expect(ids).toEqual([build.id]);
    const headers = { 'x-build-token': build.token };
    expect((await controller.request('GET', `/api/builds/${build.id}/status`, { headers })).status).toBe(200);
    expect(await pollForJob(await controller.register())).toMatchObject({ id: build.id });
  });

  it('that was sent and not noted as sent is built once', async () => {
    controller.dynamodbFaults.fail('UpdateItem', 'dropBefore');
    const build = await controller.submit();
    await controller.heal();
    await controller.stack.runSchedule();
    expect(await controller.depth('ios')).toEqual({ waiting: 2, hidden: 0 });
    expect(await pollForJob(await controller.register())).toMatchObject({ id: build.id, attempt: 1 });
    expect(await pollForJob(await controller.register('other'))).toBeNull();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('whose bytes were not stored is not accepted, and leaves no record and no message', async () => {
    controller.s3Faults.fail('PUT', slowDown);
    const options = { headers: controller.key, body: submitForm() };
    const { status, headers } = await controller.request('POST', '/api/builds/submit', options);
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(await controller.items()).toEqual([]);
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });
});
