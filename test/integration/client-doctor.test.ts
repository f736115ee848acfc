import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { refused } from '../support/client-fake-build.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { type Controller, startController } from '../support/controller.ts';

const KEY = 'a-very-secret-project-key';

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function doctor(url: string, apiKey: string, ...args: string[]): Promise<Ran> {
  const env = { BUILDLATCH_URL: url, BUILDLATCH_API_KEY: apiKey };
  const { code, out, err } = await runInside([...args, 'doctor'], { env, cwd: process.cwd() });
  if (apiKey) expect(out + err).not.toContain(apiKey);
  return { code, out: out + err };
}

/** The marks by what was looked at. */
async function marks(url: string, apiKey = KEY): Promise<Record<string, string>> {
  const { code, out } = await doctor(url, apiKey, '--json');
  const { ok, checks } = JSON.parse(out);
  expect(code).toBe(ok ? 0 : 1);
  return Object.fromEntries(checks.map(({ check, mark }: { check: string; mark: string }) => [check, mark]));
}

const OPEN = { controller: 'ok', version: 'ok', clock: 'ok' };
const WELL = { ...OPEN, key: 'ok', ios: 'ok', android: 'ok', 'dead letters': 'ok', storage: 'ok' };

describe('doctor at a controller', () => {
  let controller: Controller;
  beforeAll(async () => {
    controller = await startController();
  });
  afterAll(() => controller.close());

  it('misses workers, the more where builds wait', async () => {
    expect(await marks(controller.url, controller.apiKey)).toEqual({ ...WELL, ios: 'warn', android: 'warn' });
    const build = await controller.submit();
    expect(await marks(controller.url, controller.apiKey)).toEqual({ ...WELL, ios: 'fail', android: 'warn' });
    const worker = await controller.register();
    const { code, out } = await doctor(controller.url, controller.apiKey);
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok +key +accepted, may read, submit, work, admin$/m)]);
    expect(out).toMatch(/^ok +controller +http.* answers in \d+ ms$/m);
    expect(out).toMatch(/^ok +version +Buildlatch \d/m);
    expect(out).toMatch(/^ok +ios +1 online worker, 1 waiting$/m);
    await controller.poll(worker);
    await controller.complete(worker, build.id);
    expect(await marks(controller.url, controller.apiKey)).toEqual(WELL);
  });

  it('says of a paused platform why, and how it goes on', async () => {
    const act = (verb: string, json: object) =>
      controller.request('POST', `/api/queues/android/${verb}`, { headers: controller.key, json });
    await act('pause', { reason: 'an update' });
    const { code, out } = await doctor(controller.url, controller.apiKey);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^warn +android paused +hands out nothing since \S+Z: an update: afterwards: buildlatch queues resume android$/m,
    );
    await act('resume', {});
  });

  it('says what a lesser key may, and does not guess at the rest', async () => {
    const json = { name: 'ci', scopes: ['submit'] };
    const { body } = await controller.request('POST', '/api/keys', { headers: controller.key, json });
    const { code, out } = await doctor(controller.url, body.key);
    expect(code).toBe(0);
    expect(out).toMatch(/^ok +key +accepted, may submit$/m);
    expect(out).toMatch(/^skip +workers +needs a key with the scope read$/m);
    expect(out).toMatch(/^skip +dead letters +needs a key with the scope admin$/m);
    expect(out).toMatch(/^ok +storage/m);
  });

  it('finds dead letters, a key that is refused, and none', async () => {
    await controller.sendRaw('deadLetters', 'x');
    expect(await marks(controller.url, controller.apiKey)).toMatchObject({ 'dead letters': 'warn' });
    expect(await marks(controller.url, 'not-the-key')).toEqual({ ...OPEN, key: 'fail' });
    expect(await marks(controller.url, '')).toEqual({ ...OPEN, key: 'fail' });
  });
});

describe('doctor where something is wrong', () => {
  let fake: FakeController;
  beforeEach(async () => {
    fake = await startFakeController();
    fake.on('GET /api/health', () => ({ body: { status: 'ok', queue: { pending: 0, active: 0 }, storage: {} } }));
    fake.on('GET /openapi.json', () => ({ body: { info: { title: 'Buildlatch', version: '1.2.3' } } }));
    fake.on('GET /api/builds', () => ({ body: [] }));
    fake.on('GET /api/dead-letters', () => ({ body: { dead_letters: [], may_have_more: false } }));
    fake.on('POST /api/uploads', () => ({ body: { upload_id: 'u', url: `${fake.url}/store`, expires_at: 0 } }));
    const capabilities = { platforms: ['ios', 'android'] };
    const worker = { id: 'w', name: 'w', state: 'idle', capabilities, last_seen_at: 0 };
    fake.on('GET /api/workers', () => ({
      body: { workers: [{ ...worker, current_build_id: null, completed_builds: 0, failed_builds: 0 }] },
    }));
  });
  afterEach(() => fake.close());

  it('has nothing to say of what is well, and gives the key to the controller alone', async () => {
    expect(await marks(fake.url, KEY)).toEqual(WELL);
    expect(fake.seen('HEAD /store').map(({ headers }) => headers['x-api-key'])).toEqual([undefined]);
  });

  it('ends where nobody answers', async () => {
    const { url } = fake;
    await fake.close();
    const { code, out } = await doctor(url, KEY);
    expect([code, out]).toEqual([1, expect.stringMatching(/^fail +controller +no answer from http.*--url\)\?\n$/)]);
    fake = await startFakeController();
  });

  it.each<[string, () => void, object]>([
    ['another server', () => fake.on('GET /api/health', () => ({ body: 'hello' })), { controller: 'fail' }],
    ['an error', () => fake.on('GET /api/health', () => refused(503, 'unavailable')), { controller: 'fail' }],
    ['another controller', () => fake.on('GET /openapi.json', () => refused(404, 'x')), { ...WELL, version: 'fail' }],
    [
      'storage that cannot be reached',
      () =>
        fake.on('POST /api/uploads', () => ({ body: { upload_id: 'u', url: 'http://127.0.0.1:1/s', expires_at: 0 } })),
      { ...WELL, storage: 'fail' },
    ],
    [
      'dead letters that cannot be read',
      () => fake.on('GET /api/dead-letters', () => refused(500, 'internal_error')),
      { ...WELL, 'dead letters': 'fail' },
    ],
  ])('finds %s', async (_what, breakIt, expected) => {
    breakIt();
    expect(await marks(fake.url)).toEqual(expected);
  });

  it.each([
    ['ahead of', -3600],
    ['behind', 3600],
  ])('sees that this machine is %s the controller', async (side, seconds) => {
    const body = { status: 'ok', queue: { pending: 0, active: 0 } };
    const date = () => new Date(Date.now() + seconds * 1000).toUTCString();
    fake.on('GET /api/health', () => ({ body, headers: { date: date() } }));
    const { code, out } = await doctor(fake.url, KEY);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^warn +clock +this machine is 3\\d+ s ${side}`, 'm')),
    ]);
  });
});
