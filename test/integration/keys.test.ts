import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';
import { loggedEvents } from '../support/quiet.ts';

/** Keys beside the project's own: made, used, listed and revoked, by HTTP and by the command line. */
let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const post = (path: string, json: unknown, headers: Record<string, string> = controller.key) =>
  controller.request('POST', path, { headers, json });

async function newKey(scopes: string[], more: object = {}): Promise<{ id: string; headers: { 'x-api-key': string } }> {
  const { status, body } = await post('/api/keys', { name: `for ${scopes}`, scopes, ...more });
  expect(status).toBe(201);
  return { id: body.id, headers: { 'x-api-key': body.key } };
}

async function submitWith(headers: Record<string, string>, source: string) {
  const form = new FormData();
  form.append('platform', 'ios');
  form.append('source', new Blob([source]), 'project.zip');
  return controller.request('POST', '/api/builds/submit', { headers, body: form });
}

const cli = (apiKey: string, ...args: string[]) =>
  runInside(args, { env: { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: apiKey }, cwd: process.cwd() });

describe('a key', () => {
  it('is shown once, kept as a hash, and opens what its scopes say', async () => {
    const { status, body } = await post('/api/keys', { name: ' CI\n', scopes: ['read', 'read'], expires_days: 30 });
    const { id, key, created_at: createdAt } = body;
    expect([status, key]).toEqual([201, expect.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{63}$/)]);
    const shown = {
      id,
      name: 'CI',
      scopes: ['read'],
      state: 'active',
      created_at: createdAt,
      created_by: 'root',
      expires_at: createdAt + 30 * 86_400_000,
      revoked_at: null,
      revoked_by: null,
    };
    expect(body).toEqual({ ...shown, key });
    const list = await controller.request('GET', '/api/keys', { headers: controller.key });
    expect(list.body.keys[0]).toEqual(shown);
    const stored = JSON.stringify(await controller.items());
    expect([stored.includes(key), stored.includes(key.slice(21))]).toEqual([false, false]);
    expect(JSON.stringify(loggedEvents())).not.toContain(key.slice(21));
    const headers = { 'x-api-key': key };
    expect((await controller.request('GET', '/api/builds', { headers })).status).toBe(200);
    const refused = await post('/api/uploads', { size: 1, sha256: 'ab'.repeat(32) }, headers);
    expect([refused.status, refused.body]).toEqual([
      403,
      expect.objectContaining({
        error: 'This API key may not do this: it needs the scope submit',
        code: 'scope_missing',
      }),
    ]);
  });

  it.each([
    [{ scopes: ['read'] }, 'name required: what the key is for'],
    [{ name: ' ', scopes: ['read'] }, 'name required: what the key is for'],
    [{ name: 'x' }, 'scopes required: a list of admin, read, submit, work, work-any'],
    [{ name: 'x', scopes: [] }, 'scopes required: at least one'],
    [{ name: 'x', scopes: ['root'] }, 'scopes.0 must be of admin, read, submit, work, work-any'],
    [{ name: 'x', scopes: ['read'], expires_days: 0 }, expect.stringMatching(/^expires_days/)],
    [{ name: 'x', scopes: ['read'], expires_days: 1.5 }, 'expires_days must be a whole number of days'],
  ])('is not made of %j', async (json, error) => {
    const before = (await controller.items()).length;
    expect(await post('/api/keys', json)).toMatchObject({ status: 400, body: { error, code: 'invalid_request' } });
    expect(await controller.items()).toHaveLength(before);
  });

  it('opens nothing once it is revoked or has expired, and revoking it again changes nothing', async () => {
    const [revoked, expired] = [await newKey(['read']), await newKey(['read'], { expires_days: 1 })];
    const first = await post(`/api/keys/${revoked.id}/revoke`, {});
    expect([first.status, first.body.state, first.body.revoked_by]).toEqual([200, 'revoked', 'root']);
    expect((await post(`/api/keys/${revoked.id}/revoke`, {})).body).toEqual(first.body);
    await controller.tamper('KEYS', `KEY#${expired.id}`, { validUntil: Date.now() });
    const errors = await Promise.all(
      [revoked, expired].map(async ({ headers }) => (await controller.request('GET', '/api/builds', { headers })).body),
    );
    expect(errors.map(({ error, code }) => [error, code])).toEqual([
      ['Invalid API key: it has been revoked', 'invalid_credential'],
      ['Invalid API key: it has expired', 'invalid_credential'],
    ]);
    expect(await post('/api/keys/nobody/revoke', {})).toMatchObject({ status: 404, body: { code: 'key_not_found' } });
  });
});

describe('a key that may submit', () => {
  it('sees, cancels and retries what it submitted, and learns nothing of other builds', async () => {
    const [one, other] = [await newKey(['submit']), await newKey(['submit'])];
    const { body } = await submitWith(one.headers, 'a project');
    const path = `/api/builds/${body.id}`;
    const status = (headers: Record<string, string>, at = path) =>
      controller.request('GET', `${at}/status`, { headers });
    expect((await status(one.headers)).status).toBe(200);
    const [foreign, absent] = [await status(other.headers), await status(other.headers, '/api/builds/nothing')];
    for (const answer of [foreign, absent]) {
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([404, 'Build not found', 'build_not_found']);
    }
    expect((await post(`${path}/cancel`, {}, other.headers)).status).toBe(404);
    expect((await status(controller.key)).body.state).toBe('pending');
    expect((await post(`${path}/cancel`, {}, one.headers)).status).toBe(200);
    const retried = await post(`${path}/retry`, {}, one.headers);
    expect((await status(one.headers, `/api/builds/${retried.body.id}`)).status).toBe(200);
    expect((await status({ ...other.headers, 'x-build-token': body.access_token })).status).toBe(200);
    const events = await controller.request('GET', `${path}/events`, { headers: one.headers });
    const by = events.body.events.map(({ type, by: actor }: { type: string; by: string }) => [type, actor]);
    expect(by).toContainEqual(['submitted', `key ${one.id}`]);
    expect(by).toContainEqual(['cancelled', `key ${one.id}`]);
  });

  it('retries by a build’s token for whoever submitted it', async () => {
    const one = await newKey(['submit']);
    const { body } = await submitWith(one.headers, 'to be retried');
    const byToken = { 'x-build-token': body.access_token };
    await post(`/api/builds/${body.id}/cancel`, {}, byToken);
    const retried = await post(`/api/builds/${body.id}/retry`, {}, byToken);
    const { status } = await controller.request('GET', `/api/builds/${retried.body.id}/status`, {
      headers: one.headers,
    });
    expect(status).toBe(200);
  });

  it('shares no build with another key that submits the same', async () => {
    const [one, other] = [await newKey(['submit']), await newKey(['submit'])];
    const ids = [];
    for (const headers of [one.headers, one.headers, other.headers, controller.key]) {
      ids.push((await submitWith(headers, 'the same bytes')).body.id);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('a key that may work', () => {
  type KeyHeaders = { 'x-api-key': string };
  const register = (headers: Record<string, string>, more: object = {}) =>
    post('/api/workers/register', { name: 'mac', capabilities: { platforms: ['ios'] }, ...more }, headers);
  const workerOf = (body: { id: string; access_token: string }): TestWorker => ({
    id: body.id,
    token: body.access_token,
  });

  /** A worker of the project's, and the build that it holds. */
  async function held() {
    await controller.purge('ios');
    const build = await controller.submit();
    const worker = await controller.register();
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    return { build, worker };
  }

  /** All that a worker does, by its id beside a key: what the old workers do. What ends the build comes last. */
  async function actAs(worker: TestWorker, buildId: string, headers: KeyHeaders): Promise<number[]> {
    const ids = { ...headers, 'x-worker-id': worker.id, 'x-build-id': buildId };
    const build = `/api/builds/${buildId}`;
    const about = { build_id: buildId, worker_id: worker.id };
    const answers = [
      await controller.request('GET', `/api/workers/poll?worker_id=${worker.id}`, { headers }),
      await controller.request('GET', `${build}/source`, { headers: ids }),
      await controller.request('GET', `${build}/certs`, { headers: ids }),
      await controller.request('GET', `${build}/certs-secure`, { headers: ids }),
      await post(`${build}/logs`, { level: 'info', message: 'a line' }, ids),
      await post(`${build}/heartbeat?worker_id=${worker.id}`, {}, headers),
      await post(`${build}/telemetry`, { type: 'heartbeat' }, ids),
      await post('/api/diagnostics/report', { ...about, status: 'healthy', duration_ms: 1, checks: [] }, headers),
      await post('/api/workers/result', { ...about, success: false }, headers),
      await post('/api/workers/fail', about, headers),
      await post('/api/workers/abandon', about, headers),
      await post(`/api/workers/${worker.id}/unregister`, {}, headers),
    ];
    return answers.map(({ status }) => status);
  }

  it('acts as no worker by naming it, and changes nothing by trying', async () => {
    const { build, worker } = await held();
    const { headers } = await newKey(['work']);
    const own = workerOf((await register(headers)).body);
    const before = await controller.items();
    expect(await actAs(worker, build.id, headers)).toEqual(Array(12).fill(403));
    const refused = await post(`/api/builds/${build.id}/heartbeat?worker_id=${worker.id}`, {}, headers);
    expect(refused.body).toMatchObject({
      error: 'This API key may not do this: it needs the scope work-any',
      code: 'scope_missing',
    });
    const beside = { ...headers, ...controller.as(own), 'x-worker-id': worker.id };
    expect((await post(`/api/builds/${build.id}/heartbeat`, {}, beside)).status).toBe(409);
    expect((await post('/api/workers/fail', { build_id: build.id, worker_id: worker.id }, beside)).status).toBe(409);
    expect((await post(`/api/workers/${worker.id}/unregister`, {}, beside)).status).toBe(403);
    expect(await controller.items()).toEqual(before);
  });

  it('registers a worker, and the worker does the rest with its token', async () => {
    await controller.purge('ios');
    const build = await controller.submit();
    const { headers } = await newKey(['work']);
    const worker = workerOf((await register(headers)).body);
    const polled = await controller.request('GET', '/api/workers/poll', {
      headers: { ...headers, ...controller.as(worker) },
    });
    expect(polled.body.job.id).toBe(build.id);
    expect((await controller.heartbeat(worker, build.id)).status).toBe(200);
    expect((await controller.complete(worker, build.id)).status).toBe(200);
  });

  it('registers an id again with a token of that worker, old or used up; without one it gets a new worker', async () => {
    const { headers } = await newKey(['work']);
    const { worker, build } = await held();
    const other = workerOf((await register(headers)).body);
    const kept = await controller.workerItem(worker.id);
    for (const shown of [{}, controller.as(other), { 'x-worker-token': `${worker.id}${other.token.slice(21)}` }]) {
      const { status, body } = await register({ ...headers, ...shown }, { id: worker.id, active_build_count: 0 });
      expect([status, body.status]).toEqual([200, 'registered']);
      expect([worker.id, other.id]).not.toContain(body.id);
    }
    expect(await controller.workerItem(worker.id)).toEqual(kept);
    expect((await controller.status(build.id)).state).toBe('assigned');
    await controller.tamperWorker(other.id, { tokenExpiresAt: Date.now() - 1 });
    const again = await register({ ...headers, ...controller.as(other) }, { id: other.id });
    expect(again.body).toMatchObject({ id: other.id, status: 're-registered' });
    expect((await controller.poll(workerOf(again.body))).status).toBe(200);
    const byPrevious = await register({ ...headers, ...controller.as(other) }, { id: other.id });
    expect(byPrevious.body).toMatchObject({ id: other.id, status: 're-registered' });
    const byOneBefore = await register({ ...headers, ...controller.as(other) }, { id: other.id });
    expect(byOneBefore.body.status).toBe('registered');
  });

  it('may be one for workers of the old system: it acts as any worker by its id, and does nothing else', async () => {
    const { build, worker } = await held();
    const { headers } = await newKey(['work-any']);
    expect(await actAs(worker, build.id, headers)).toEqual([
      ...[200, 200, 404, 404, 200, 200, 200, 200],
      ...[200, 200, 410, 200],
    ]);
    const { body } = await register(headers);
    expect((await register(headers, { id: body.id })).body).toMatchObject({ id: body.id, status: 're-registered' });
    for (const path of ['/api/builds', '/api/workers', '/api/keys']) {
      expect((await controller.request('GET', path, { headers })).status).toBe(403);
    }
  });
});

it('a build’s token ends thirty days after the build, whatever else is shown with it', async () => {
  const build = await controller.submit();
  const headers = { 'x-build-token': build.token };
  const status = () => controller.request('GET', `/api/builds/${build.id}/status`, { headers });
  const ended = (days: number) => controller.tamperBuild(build.id, { finishedAt: Date.now() - days * 86_400_000 });
  await ended(29);
  expect((await status()).status).toBe(200);
  await ended(30);
  expect(await status()).toMatchObject({
    status: 403,
    body: { error: 'Invalid or expired build token', code: 'invalid_credential' },
  });
});

it('keys are made, listed and revoked from the command line', async () => {
  const root = controller.apiKey;
  const made = await cli(
    root,
    'keys',
    'create',
    '--name',
    'mac mini',
    '--scope',
    'work',
    'read',
    '--expires-days',
    '7',
  );
  expect([made.code, made.out.trim()]).toEqual([0, expect.stringMatching(/^[\w-]{64}$/)]);
  const key = made.out.trim();
  const id = key.slice(0, 21);
  const line = (await cli(root, 'keys', 'list')).out.split('\n').find((found) => found.startsWith(id)) ?? '';
  expect(line).toMatch(/ active {3}work,read +\d{4}-\d\d-\d\d {2}mac mini$/);
  const json = JSON.parse((await cli(root, '--json', 'keys', 'list')).out);
  expect(json.find((found: { id: string }) => found.id === id)).toMatchObject({ name: 'mac mini', state: 'active' });

  expect((await cli(key, 'list')).code).toBe(0);
  const refused = await cli(key, 'keys', 'list');
  expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('it needs the scope admin')]);
  expect((await cli(root, 'keys', 'revoke', id)).code).toBe(0);
  expect((await cli(root, 'keys', 'list')).out).toMatch(new RegExp(`^${id}  revoked`, 'm'));
  expect((await cli(root, 'keys', 'revoke', 'nobody')).code).toBe(4);
  expect((await cli(root, 'keys', 'create', '--name', 'x', '--scope', 'root')).code).toBe(2);
});
