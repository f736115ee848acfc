import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';
import { loggedEvents } from '../support/quiet.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const download = (id: string) => fetch(`${controller.url}/api/builds/${id}/download`, { headers: controller.key });

/** What is to be granted at once is for Android: nothing else in this file waits there. */
describe('the main job', () => {
  it('takes a multipart source, hands it out, takes logs and a result, and gives the result back', async () => {
    const { build, worker } = await controller.assigned('android');
    const source = await fetch(`${controller.url}/api/builds/${build.id}/source`, { headers: controller.as(worker) });
    expect(Buffer.from(await source.arrayBuffer())).toEqual(build.source);
    expect(source.headers.get('content-type')).toBe('application/zip');
    expect((await controller.heartbeat(worker, build.id)).body).toMatchObject({ status: 'ok' });
    expect(await controller.status(build.id)).toMatchObject({ status: 'building', attempt: 1, worker_id: worker.id });

    const result = randomBytes(500);
    expect((await controller.complete(worker, build.id, result)).body).toMatchObject({
      status: 'success',
      success: true,
    });
    const status = await controller.status(build.id);
    expect(status).toMatchObject({ status: 'completed', result_sha256: sha256(result), result_size: 500 });
    const file = await download(build.id);
    expect(file.headers.get('content-disposition')).toContain(`${build.id}.apk`);
    expect(Buffer.from(await file.arrayBuffer())).toEqual(result);
    expect(await controller.workerItem(worker.id)).toMatchObject({ completedBuilds: 1 });
    expect((await controller.workerItem(worker.id)).currentBuildId).toBeUndefined();
  });

  it('takes a source that was uploaded before, and answers the same build when the same upload is submitted again', async () => {
    const source = randomBytes(5 * 1024 * 1024);
    const json = { size: source.length, sha256: sha256(source) };
    const upload = await controller.request('POST', '/api/uploads', { headers: controller.key, json });
    const early = { platform: 'android', upload_id: upload.body.upload_id };
    const refused = await controller.request('POST', '/api/builds', { headers: controller.key, json: early });
    expect([refused.status, refused.body.code]).toEqual([400, 'upload_missing']);

    const put = await fetch(upload.body.url, { method: 'PUT', headers: upload.body.headers, body: source });
    expect(put.status).toBe(200);
    const submit = () => controller.request('POST', '/api/builds', { headers: controller.key, json: early });
    const [first, again] = [await submit(), await submit()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body.id).toBe(first.body.id);
    for (const { body } of [first, again]) {
      const headers = { 'x-build-token': body.access_token };
      expect((await controller.request('GET', `/api/builds/${body.id}/status`, { headers })).status).toBe(200);
    }
    const worker = await controller.register('mac', ['android']);
    expect((await controller.poll(worker)).body.job).toMatchObject({
      id: first.body.id,
      source_sha256: sha256(source),
    });
    const large = await fetch(`${controller.url}/api/builds/${first.body.id}/source`, {
      headers: controller.as(worker),
    });
    expect([large.status, Buffer.from(await large.arrayBuffer()).equals(source)]).toEqual([200, true]);
    expect((await controller.poll(await controller.register('other', ['android']))).body.job).toBeNull();
  });

  it('gives the same assignment again until the first heartbeat, and none after it', async () => {
    const { build, worker } = await controller.assigned('android');
    const again = await controller.poll(worker);
    expect(again.body.job).toMatchObject({ id: build.id, attempt: 1 });
    await controller.heartbeat(worker, build.id);
    expect((await controller.poll(worker)).body.job).toBeNull();
    expect(loggedEvents('build_assigned')).toHaveLength(1);
    expect(loggedEvents('assignment_repeated')).toHaveLength(1);
  });

  it('answers a repeated report of the same end as it answered the first, and counts it once', async () => {
    const { build, worker } = await controller.assigned('android');
    const report = { build_id: build.id, success: false, error_message: 'tests failed' };
    const send = () =>
      controller.request('POST', '/api/workers/result', { headers: controller.as(worker), json: report });
    const answers = [await send(), await send()];
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual([
      [200, 'failed'],
      [200, 'failed'],
    ]);
    expect(await controller.status(build.id)).toMatchObject({
      status: 'failed',
      error_message: 'tests failed',
      failure_kind: 'build',
    });
    expect((await controller.workerItem(worker.id)).failedBuilds).toBe(1);
  });

  it.each(['/api/workers/fail', '/api/workers/result'])(
    'keeps what kind of failure is reported to %s',
    async (path) => {
      const { build, worker } = await controller.assigned('android');
      const words = { error: 'no route to storage', error_message: 'no route to storage' };
      const send = (failure_kind: string) => {
        const json = { build_id: build.id, success: false, ...words, failure_kind };
        return controller.request('POST', path, { headers: controller.as(worker), json });
      };
      expect((await send('timeout_build')).body).toMatchObject({ error: 'failure_kind must be build or upload' });
      expect([(await send('upload')).status, (await send('upload')).status]).toEqual([200, 200]);
      expect((await send('build')).status).toBe(410);
      const ended = { state: 'failed', failure_kind: 'upload', error_message: 'no route to storage' };
      expect(await controller.status(build.id)).toMatchObject(ended);
      const { body } = await controller.request('GET', `/api/builds/${build.id}/events`, { headers: controller.key });
      expect(body.events.at(-1)).toMatchObject({ type: 'failed', kind: 'upload', why: 'no route to storage' });
    },
  );

  it('keeps the log in order, complete from the first line, and continues behind a cursor', async () => {
    const { build, worker } = await controller.assigned('android');
    const path = `/api/builds/${build.id}/logs`;
    const append = (json: object) => controller.request('POST', path, { headers: controller.as(worker), json });
    expect((await append({ level: 'info', message: 'one' })).body).toEqual({ success: true });
    const lines = ['two', 'three'].map((message) => ({ level: 'warn', message }));
    expect((await append({ logs: [...lines, { level: 'loud', message: 'left out' }] })).body).toEqual({
      success: true,
      count: 2,
    });
    const first = (await controller.request('GET', path, { headers: { 'x-build-token': build.token } })).body;
    expect(first.logs.map((line: { message: string }) => line.message)).toEqual([
      'Build submitted',
      'one',
      'two',
      'three',
    ]);
    await append({ level: 'error', message: 'four' });
    const rest = await controller.request('GET', `${path}?cursor=${first.next_cursor}`, { headers: controller.key });
    expect(rest.body.logs.map((line: { message: string }) => line.message)).toEqual(['four']);
    expect(rest.body.is_final).toBe(false);
  });

  it('lists builds newest first over several pages, each once', async () => {
    const made = [await controller.submit(), await controller.submit(), await controller.submit()].map(({ id }) => id);
    const seen: string[] = [];
    let path: string | undefined = '/api/builds?limit=2';
    while (path !== undefined) {
      const page = await controller.request('GET', path, { headers: controller.key });
      seen.push(...page.body.map(({ id }: { id: string }) => id));
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen.slice(0, 3)).toEqual(made.reverse());
    expect(new Set(seen).size).toBe(seen.length);
    const builds = (await controller.items()).filter(({ sk }) => sk === 'BUILD');
    expect(seen).toHaveLength(builds.length);
  });

  it('counts what is true', async () => {
    const builds = (await controller.items()).filter(({ sk }) => sk === 'BUILD');
    const inState = (...states: string[]) => builds.filter(({ state }) => states.includes(state)).length;
    const health = await controller.request('GET', '/health');
    expect(health.body.queue).toEqual({ pending: inState('pending'), active: inState('assigned', 'building') });
    const { body } = await controller.request('GET', '/api/stats');
    expect(body).toMatchObject({
      buildsQueued: inState('pending'),
      activeBuilds: inState('assigned', 'building'),
      buildsToday: inState('completed'),
      totalBuilds: inState('completed', 'failed'),
      totalCpuCycles: 0,
    });
    expect(body.nodesOnline).toBe((await controller.items()).filter(({ sk }) => sk === 'WORKER').length);
  });
});

describe('cancelling', () => {
  const cancel = (id: string, headers: Record<string, string> = controller.key) =>
    controller.request('POST', `/api/builds/${id}/cancel`, {
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('ends a waiting build at once: no worker is given it, and it stays cancelled', async () => {
    const build = await controller.submit('android');
    expect((await cancel(build.id, { 'x-build-token': build.token })).body).toEqual({
      success: true,
      status: 'cancelled',
    });
    expect((await cancel(build.id)).status).toBe(200);
    expect((await controller.poll(await controller.register('mac', ['android']))).body.job).toBeNull();
    expect(await controller.status(build.id)).toMatchObject({
      status: 'failed',
      state: 'cancelled',
      error_message: 'Build cancelled by user',
    });
    expect(await controller.depth('android')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('frees the worker of a running build, tells it at its next call, and lets no late result in', async () => {
    const { build, worker } = await controller.assigned('android');
    await controller.heartbeat(worker, build.id);
    expect((await cancel(build.id)).status).toBe(200);
    const told = await controller.heartbeat(worker, build.id);
    expect([told.status, told.body.code]).toEqual([410, 'build_cancelled']);
    expect((await controller.complete(worker, build.id)).status).toBe(410);
    expect(await controller.status(build.id)).toMatchObject({ state: 'cancelled', result_sha256: null });
    const next = await controller.submit('android');
    expect((await controller.poll(worker)).body.job.id).toBe(next.id);
    expect((await cancel(next.id)).status).toBe(200);
  });

  it('refuses to cancel what has finished', async () => {
    const { build, worker } = await controller.assigned('android');
    await controller.complete(worker, build.id);
    const answer = await cancel(build.id);
    expect([answer.status, answer.body.error]).toEqual([400, 'Build already finished']);
  });
});
