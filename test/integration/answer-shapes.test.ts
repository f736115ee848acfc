import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController, type TestBuild, type TestWorker } from '../support/controller.ts';

/** What the old clients' decoders and shell scripts insist on, to the character. */
describe('answers for the old clients', () => {
  let controller: Controller;
  let worker: TestWorker;
  let waiting: TestBuild;
  let done: TestBuild;
  let cancelled: TestBuild;
  const since = Date.now();
  beforeAll(async () => {
    controller = await startController();
    worker = await controller.register();
    done = await controller.submit();
    await controller.poll(worker);
    await controller.request('POST', `/api/builds/${done.id}/logs`, {
      headers: controller.as(worker),
      json: { level: 'info', message: 'hello' },
    });
    await controller.complete(worker, done.id);
    cancelled = await controller.submit();
    await controller.request('POST', `/api/builds/${cancelled.id}/cancel`, { headers: controller.key });
    waiting = await controller.submit();
  });
  afterAll(() => controller.close());

  const get = (path: string) => controller.request('GET', path, { headers: controller.key });
  const isRecentMs = (value: unknown) => typeof value === 'number' && value >= since && value <= Date.now();
  const times = (text: string, part: string) => text.split(part).length - 1;
  const inList = async ({ id }: TestBuild) =>
    (await get('/api/builds')).body.find((build: { id: string }) => build.id === id);

  async function submit(path: string) {
    const form = new FormData();
    // The file before the field, as some send it.
    form.append('source', new Blob([new Uint8Array(randomBytes(16))]), 'project.tar.gz');
    form.append('platform', 'android');
    return controller.request('POST', path, { headers: controller.key, body: form });
  }

  it('a submit is 200 on the one path and 201 on the other, with one id and one status to search for', async () => {
    const answers = [await submit('/api/builds/submit'), await submit('/api/builds')];
    expect(answers.map(({ status }) => status)).toEqual([200, 201]);
    for (const { text, body } of answers) {
      expect([times(text, '"id":"'), times(text, '"status":"'), body.status]).toEqual([1, 1, 'pending']);
      expect(isRecentMs(body.submitted_at)).toBe(true);
    }
  });

  it('a status has one id and one status to search for, and times in milliseconds or null', async () => {
    for (const { id } of [waiting, done, cancelled]) {
      const { text } = await get(`/api/builds/${id}/status`);
      expect([times(text, '"id":"'), times(text, '"status":"')]).toEqual([1, 1]);
    }
    const finished = await controller.status(done.id);
    expect([finished.submitted_at, finished.started_at, finished.completed_at].every(isRecentMs)).toBe(true);
    expect(finished.error_message).toBeNull();
    const absent = { worker_id: null, started_at: null, completed_at: null, error_message: null };
    expect(await controller.status(waiting.id)).toMatchObject(absent);
  });

  it('a cancelled build is failed in its status, whose schema knows no other word, and cancelled in the list', async () => {
    const seen = await controller.status(cancelled.id);
    expect([seen.status, seen.error_message, seen.state]).toEqual(['failed', 'Build cancelled by user', 'cancelled']);
    expect((await inList(cancelled)).status).toBe('cancelled');
  });

  it('a list is a bare array with times in ISO, and completedAt is absent where there is none, not null', async () => {
    const { body } = await get('/api/builds');
    expect(Array.isArray(body)).toBe(true);
    const [finished, unfinished] = [await inList(done), await inList(waiting)];
    for (const iso of [finished.createdAt, finished.completedAt, unfinished.createdAt]) {
      expect(new Date(iso).toISOString()).toBe(iso);
    }
    expect(Object.keys(unfinished)).not.toContain('completedAt');
  });

  it('a log has times in milliseconds, and begins with the submit', async () => {
    const { logs, build_id } = (await get(`/api/builds/${done.id}/logs`)).body;
    expect(build_id).toBe(done.id);
    expect(logs.map(({ message }: { message: string }) => message)).toEqual(['Build submitted', 'hello']);
    expect(logs.map(({ timestamp }: { timestamp: number }) => timestamp).every(isRecentMs)).toBe(true);
  });

  it('telemetry and heartbeats leave no line in the log', async () => {
    const build = await controller.submit();
    const holder = await controller.register('holder');
    let job = (await controller.poll(holder)).body.job;
    while (job && job.id !== build.id) {
      const json = { build_id: job.id, success: false };
      await controller.request('POST', '/api/workers/result', { headers: controller.as(holder), json });
      job = (await controller.poll(holder)).body.job;
    }
    await controller.heartbeat(holder, build.id);
    await controller.request('POST', `/api/builds/${build.id}/telemetry`, {
      headers: controller.as(holder),
      json: { type: 'heartbeat', timestamp: new Date().toISOString(), data: { heartbeat_count: 1 } },
    });
    const { logs } = (await get(`/api/builds/${build.id}/logs`)).body;
    expect(logs.map(({ message }: { message: string }) => message)).toEqual(['Build submitted']);
  });

  it('a retry has its time in milliseconds, and both builds say of each other', async () => {
    const retry = await controller.request('POST', `/api/builds/${done.id}/retry`, { headers: controller.key });
    expect([retry.status, isRecentMs(retry.body.submitted_at), retry.body.original_build_id]).toEqual([
      200,
      true,
      done.id,
    ]);
    const lastOf = async (id: string) => (await get(`/api/builds/${id}/logs`)).body.logs.at(-1).message;
    expect(await lastOf(done.id)).toBe(`Retried as build ${retry.body.id}`);
    expect(await lastOf(retry.body.id)).toBe(`Build submitted (retry of ${done.id})`);
  });

  it('a refusal is an object with the reason under error, in one line of JSON without blanks', async () => {
    const { status, text, body } = await get('/api/builds/nothing/status');
    expect([status, body.error]).toEqual([404, 'Build not found']);
    expect(text).toBe(JSON.stringify(body));
    expect(Object.keys(body)).toEqual(['error', 'code', 'requestId']);
  });

  it('a submit that is neither a form nor JSON is told what it must be, on both paths, and nothing is written', async () => {
    const before = await controller.items();
    for (const path of ['/api/builds/submit', '/api/builds']) {
      const headers = { ...controller.key, 'content-type': 'text/plain' };
      const { status, body } = await controller.request('POST', path, { headers, body: '{"platform":"ios"}' });
      const refusal = { error: 'Content must be multipart/form-data', code: 'invalid_request' };
      expect([status, body]).toEqual([400, { ...refusal, requestId: expect.any(String) }]);
    }
    expect(await controller.items()).toEqual(before);
  });

  it('unknown fields change nothing', async () => {
    const json = {
      name: 'mac',
      capabilities: { platforms: ['ios'], anything: [1] },
      publicIdentifier: 'x',
      apiKey: 'y',
    };
    const answer = await controller.request('POST', '/api/workers/register', { headers: controller.key, json });
    expect([answer.status, answer.body.status]).toEqual([200, 'registered']);
    expect(JSON.stringify(await controller.items())).not.toContain('publicIdentifier');
  });
});
