import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const post = (path: string, headers: Record<string, string>, json: object = {}) =>
  controller.request('POST', path, { headers, json });

async function typesOf(buildId: string): Promise<string[]> {
  const { body } = await controller.request('GET', `/api/builds/${buildId}/events`, { headers: controller.key });
  return body.events.map(({ type, attempt }: { type: string; attempt: number }) => `${attempt} ${type}`);
}

describe('giving a build back', () => {
  it('lets a worker abandon its build: it waits again at once, one attempt spent, the worker free', async () => {
    const { build, worker } = await controller.assigned();
    const answer = await post('/api/workers/abandon', controller.as(worker), {
      build_id: build.id,
      reason: 'disk full',
    });
    expect([answer.status, answer.body.message]).toEqual([200, 'Build requeued successfully']);
    expect(await controller.status(build.id)).toMatchObject({ state: 'pending', attempt: 1, spent_attempts: 1 });
    const { worker: next } = { worker: await controller.register('next') };
    expect((await controller.poll(next)).body.job).toMatchObject({ id: build.id, attempt: 2 });
    expect((await post('/api/workers/abandon', controller.as(worker), { build_id: build.id })).status).toBe(409);
    await controller.complete(next, build.id);
    expect(await typesOf(build.id)).toEqual(['0 submitted', '1 assigned', '1 given_back', '2 assigned', '2 completed']);
  });

  it('hands on what an unregistering worker holds in the same step, spends no attempt, and says how many', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    const answer = await post('/api/workers/unregister', controller.as(worker));
    expect(answer.body).toMatchObject({ success: true, builds_reassigned: 1 });
    expect(await controller.workerItem(worker.id)).toBeUndefined();
    expect(await controller.status(build.id)).toMatchObject({ state: 'pending', spent_attempts: 0 });
    expect((await controller.poll(worker)).status).toBe(401);
    const idle = await controller.register('idle');
    expect((await controller.poll(idle)).body.job.id).toBe(build.id);
    await controller.complete(idle, build.id);
    const alias = await post(`/api/workers/${idle.id}/unregister`, controller.key);
    expect(alias.body).toMatchObject({ builds_reassigned: 0 });
  });

  it('lets nobody unregister another worker by naming it', async () => {
    const [one, other] = [await controller.register('one'), await controller.register('other')];
    const answer = await post(`/api/workers/${other.id}/unregister`, controller.as(one));
    expect(answer.status).toBe(403);
    expect(await controller.workerItem(one.id)).toBeDefined();
    expect(await controller.workerItem(other.id)).toBeDefined();
  });
});

describe('workers that get no builds', () => {
  it('gives a draining worker nothing until it is told to go on', async () => {
    const worker = await controller.register('tired');
    expect((await post(`/api/workers/${worker.id}/drain`, controller.key)).body).toEqual({
      success: true,
      draining: true,
    });
    const build = await controller.submit();
    expect((await controller.poll(worker)).body.job).toBeNull();
    expect(await controller.depth('ios')).toEqual({ waiting: 1, hidden: 0 });
    await post(`/api/workers/${worker.id}/drain`, controller.key, { draining: false });
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    await controller.complete(worker, build.id);
    expect((await post('/api/workers/nobody/drain', controller.key)).status).toBe(404);
  });

  it('quarantines a worker after three builds in a row that failed within seconds; registering again ends it', async () => {
    const worker = await controller.register('broken');
    for (let times = 0; times < 3; times++) {
      const { build } = await controller.assigned('ios', worker);
      const json = { build_id: build.id, success: false, error_message: 'no space left' };
      expect((await post('/api/workers/result', controller.as(worker), json)).status).toBe(200);
    }
    const waiting = await controller.submit();
    expect((await controller.poll(worker)).body.job).toBeNull();
    const healthy = await controller.register('healthy');
    expect((await controller.poll(healthy)).body.job.id).toBe(waiting.id);
    await controller.complete(healthy, waiting.id);
    const again = await controller.register('repaired', ['ios'], { id: worker.id });
    await controller.complete(again, (await controller.assigned('ios', again)).build.id);
  });

  it('forgives a completed build what came before it', async () => {
    const worker = await controller.register('wobbly');
    const fail = async () => {
      const { build } = await controller.assigned('ios', worker);
      await post('/api/workers/result', controller.as(worker), { build_id: build.id, success: false });
    };
    await fail();
    await fail();
    const { build } = await controller.assigned('ios', worker);
    await controller.complete(worker, build.id);
    await fail();
    const next = await controller.assigned('ios', worker);
    await controller.complete(worker, next.build.id);
  });
});

describe('timeouts', () => {
  const DAY_MS = 86_400_000;

  it('fails a build that no worker took within a day', async () => {
    const build = await controller.submit('android');
    await controller.tamperBuild(build.id, { queuedAt: Date.now() - DAY_MS, dueAt: 0 });
    await controller.stack.runSchedule();
    expect(await controller.status(build.id)).toMatchObject({ state: 'failed', failure_kind: 'timeout_queue' });
    expect((await controller.poll(await controller.register('late', ['android']))).body.job).toBeNull();
  });

  it('fails a build whose attempt takes longer than three hours, heartbeats or not, and frees the worker', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    await controller.tamperBuild(build.id, { startedAt: Date.now() - 3 * 3_600_000, dueAt: 0 });
    await controller.stack.runSchedule();
    expect(await controller.status(build.id)).toMatchObject({ state: 'failed', failure_kind: 'timeout_build' });
    expect((await controller.heartbeat(worker, build.id)).status).toBe(410);
    const next = await controller.assigned('ios', worker);
    await controller.complete(worker, next.build.id);
  });
});

describe('the same request again', () => {
  const submit = (source: Buffer, headers: Record<string, string> = {}, platform = 'ios') => {
    const form = new FormData();
    form.append('source', new Blob([new Uint8Array(source)]), 'project.tar.gz');
    form.append('platform', platform);
    return controller.request('POST', '/api/builds/submit', { headers: { ...controller.key, ...headers }, body: form });
  };

  it('is one build under one Idempotency-Key, also after it has ended, and refused for another source', async () => {
    const key = { 'idempotency-key': `ci-run-${randomBytes(4).toString('hex')}` };
    const source = randomBytes(100);
    const answers = await Promise.all([submit(source, key), submit(source, key), submit(source, key)]);
    const ids = new Set(answers.map(({ body }) => body.id));
    expect([ids.size, answers.map(({ status }) => status)]).toEqual([1, [200, 200, 200]]);
    for (const { body } of answers) {
      const status = await controller.request('GET', `/api/builds/${body.id}/status`, {
        headers: { 'x-build-token': body.access_token },
      });
      expect(status.status).toBe(200);
    }
    const worker = await controller.register();
    const { body } = await controller.poll(worker);
    await controller.complete(worker, body.job.id);
    expect((await submit(source, key)).body).toMatchObject({ id: body.job.id, status: 'completed' });
    const other = await submit(randomBytes(100), key);
    expect([other.status, other.body.code]).toEqual([409, 'repeated_differently']);
    expect((await controller.poll(worker)).body.job).toBeNull();
  });

  it('is one build for clients without a key, while it lasts; the same source afterwards is a new one', async () => {
    const source = randomBytes(100);
    const [first, again] = [await submit(source), await submit(source)];
    expect(again.body.id).toBe(first.body.id);
    const android = await submit(source, {}, 'android');
    expect(android.body.id).not.toBe(first.body.id);
    const worker = await controller.register('both', ['ios', 'android']);
    for (let builds = 0; builds < 2; builds++) {
      await controller.complete(worker, (await controller.poll(worker)).body.job.id);
    }
    const later = await submit(source);
    expect(later.body.id).not.toBe(first.body.id);
    const { body } = await controller.poll(worker);
    expect(body.job.id).toBe(later.body.id);
    await controller.complete(worker, later.body.id);
  });
});

describe('the report of a result', () => {
  it('sent again is answered as the first was, also when the file has expired meanwhile', async () => {
    const { build, worker } = await controller.assigned();
    expect((await controller.complete(worker, build.id)).status).toBe(200);
    const { resultKey } = await controller.buildItem(build.id);
    const s3 = new S3Client({
      endpoint: controller.stack.engines.s3,
      region: controller.stack.region,
      credentials: controller.stack.credentials,
      forcePathStyle: true,
    });
    await s3.send(new DeleteObjectCommand({ Bucket: controller.stack.buckets.results, Key: resultKey }));
    const json = { build_id: build.id, success: true, upload_id: resultKey.split('/').at(-1) };
    expect((await post('/api/workers/result', controller.as(worker), json)).status).toBe(200);
    const other = await controller.register('other');
    expect((await post('/api/workers/result', controller.as(other), json)).body.code).toBe('upload_missing');
  });
});

describe('the story of a build', () => {
  it('tells every change of state once: who, when, in which attempt, why', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    await controller.heartbeat(worker, build.id);
    const past = Date.now() - 60_000;
    await controller.tamperBuild(build.id, { leaseUntil: past, dueAt: past });
    await controller.stack.runSchedule();
    const other = await controller.register('other');
    await controller.poll(other);
    const failure = { build_id: build.id, success: false, error_message: 'tests failed' };
    for (const _twice of [1, 2]) await post('/api/workers/result', controller.as(other), failure);

    const path = `/api/builds/${build.id}/events`;
    const { body } = await controller.request('GET', path, { headers: { 'x-build-token': build.token } });
    expect(body.events.map(({ at: _at, ...event }: { at: number }) => event)).toEqual([
      { type: 'submitted', attempt: 0, by: 'submitter' },
      { type: 'assigned', attempt: 1, by: `worker ${worker.id}`, why: 'worker' },
      { type: 'started', attempt: 1, by: `worker ${worker.id}` },
      { type: 'requeued', attempt: 1, by: 'sweep', why: `worker ${worker.id} stopped answering` },
      { type: 'assigned', attempt: 2, by: `worker ${other.id}`, why: 'other' },
      { type: 'failed', attempt: 2, by: `worker ${other.id}`, kind: 'build', why: 'tests failed' },
    ]);
    const times = body.events.map(({ at }: { at: number }) => at);
    expect([...times].sort()).toEqual(times);
  });
});

describe('a record that cannot be read', () => {
  it('keeps neither its worker nor the sweep busy: it fails, and the worker gets the next build', async () => {
    const { build, worker } = await controller.assigned();
    await controller.tamperBuild(build.id, { submittedAt: 'yesterday', leaseUntil: 1, dueAt: 1 });
    const next = await controller.submit();
    expect((await controller.poll(worker)).body.job.id).toBe(next.id);
    await controller.stack.runSchedule();
    expect(await controller.buildItem(build.id)).toMatchObject({ state: 'failed', failureKind: 'unreadable' });
    await controller.complete(worker, next.id);
  });

  it('is left to its holder while the lease lasts', async () => {
    const { build, worker } = await controller.assigned();
    await controller.tamperBuild(build.id, { submittedAt: 'yesterday', dueAt: 1 });
    await controller.stack.runSchedule();
    expect(await controller.buildItem(build.id)).toMatchObject({ state: 'assigned', workerId: worker.id });
    await controller.tamperBuild(build.id, { submittedAt: 1 });
    await controller.complete(worker, build.id);
  });

  it('is said to be that, without a stack', async () => {
    const build = await controller.submit('android');
    await controller.tamperBuild(build.id, { submittedAt: 'yesterday', platform: 'windows' });
    const { status, body } = await controller.request('GET', `/api/builds/${build.id}/status`, {
      headers: controller.key,
    });
    expect([status, body.code]).toEqual([500, 'unreadable_record']);
    await controller.tamperBuild(build.id, { dueAt: 1 });
    await controller.stack.runSchedule();
    expect(await controller.buildItem(build.id)).toMatchObject({ state: 'failed' });
  });
});
