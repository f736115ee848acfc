import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildIndex } from '../../lib/adapters/dynamo/build-index.ts';
import { type Controller, startController, type TestBuild, type TestWorker } from '../support/controller.ts';
import { RECORD_DAYS } from '../support/settings.ts';

let controller: Controller;
const builds: Record<'waiting' | 'assigned' | 'building' | 'done' | 'failed' | 'cancelled', TestBuild> = {} as never;
let droid: TestWorker;
let mac: TestWorker;

/** One build in each state; two workers, of which one has had most. */
beforeAll(async () => {
  controller = await startController();
  droid = await controller.register('droid', ['android']);
  mac = await controller.register('mac', ['ios']);
  const given = async (worker: TestWorker, platform: string) => {
    const build = await controller.submit(platform);
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    return build;
  };
  builds.done = await given(droid, 'android');
  await controller.complete(droid, builds.done.id);
  builds.failed = await given(droid, 'android');
  const json = { build_id: builds.failed.id, success: false, error_message: 'no' };
  await controller.request('POST', '/api/workers/result', { headers: controller.as(droid), json });
  builds.cancelled = await given(droid, 'android');
  await controller.request('POST', `/api/builds/${builds.cancelled.id}/cancel`, { headers: controller.key });
  builds.building = await given(droid, 'android');
  await controller.heartbeat(droid, builds.building.id);
  builds.assigned = await given(mac, 'ios');
  builds.waiting = await controller.submit('ios');
});
afterAll(() => controller.close());

const get = (path: string, headers: Record<string, string> = controller.key) =>
  controller.request('GET', path, { headers });

describe('a list of builds', () => {
  const ids = async (query: string) => (await get(`/api/builds${query}`)).body.map(({ id }: TestBuild) => id);
  const named = (...names: (keyof typeof builds)[]) => names.map((name) => builds[name].id);

  it('can be asked for a state, a platform, a worker, and several of them', async () => {
    expect(await ids('?status=pending')).toEqual(named('waiting'));
    expect(await ids('?status=building')).toEqual(named('building'));
    expect(await ids('?status=cancelled')).toEqual(named('cancelled'));
    expect(await ids('?platform=ios')).toEqual(named('waiting', 'assigned'));
    expect(await ids(`?worker_id=${droid.id}`)).toEqual(named('building', 'cancelled', 'failed', 'done'));
    expect(await ids(`?worker_id=${droid.id}&status=failed`)).toEqual(named('failed'));
    expect(await ids(`?worker_id=${droid.id}&platform=ios`)).toEqual([]);
    expect(await ids('?platform=android&status=completed')).toEqual(named('done'));
    expect(await ids('?worker_id=nobody')).toEqual([]);
    expect((await ids('')).length).toBe(6);
  });

  it.each(['', '&platform=android', `&status=completed&platform=android`, '&status=pending'])(
    'goes on behind its link with the same question, each build once: %s',
    async (asked) => {
      const seen: string[] = [];
      let path: string | undefined = `/api/builds?limit=1${asked}`;
      for (let pages = 0; path !== undefined; pages++) {
        expect(pages).toBeLessThan(10);
        const page = await get(path);
        seen.push(...page.body.map(({ id }: TestBuild) => id));
        path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
        if (path) expect(path).toContain(asked.slice(1));
      }
      expect(seen).toEqual(await ids(`?limit=100${asked}`));
    },
  );

  it('refuses what is no state, no platform, no worker', async () => {
    for (const query of ['status=queued', 'status=', 'platform=windows', 'worker_id=../x', 'limit=0']) {
      expect([query, (await get(`/api/builds?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it.each(['0', '101', '1000000', '999999999', '-1', '1.5', 'x'])(
    'says from where to where a limit is, not %s',
    async (limit) => {
      const { status, body } = await get(`/api/builds?limit=${limit}`);
      expect([status, body.error]).toEqual([400, 'limit must be a whole number from 1 to 100']);
    },
  );
});

describe('one build', () => {
  it('is shown whole to the project and to its submitter, without a token or the place of a file', async () => {
    const { id, token } = builds.done;
    const answers = [await get(`/api/builds/${id}`), await get(`/api/builds/${id}`, { 'x-build-token': token })];
    for (const { status, body } of answers) {
      expect([status, Object.keys(body).sort()]).toEqual([
        200,
        [
          'attempt',
          'building_since',
          'completed_at',
          'error_message',
          'failure_kind',
          'has_result',
          'id',
          'labels',
          'lease_until',
          'max_attempts',
          'platform',
          'priority',
          'queued_at',
          'result_filename',
          'result_sha256',
          'result_size',
          'source_sha256',
          'source_size',
          'spent_attempts',
          'started_at',
          'state',
          'status',
          'submitted_at',
          'submitted_by',
          'worker_id',
          'worker_name',
        ],
      ]);
      expect(body).toMatchObject({ id, status: 'completed', worker_name: 'droid', has_result: true });
    }
    expect((await get(`/api/builds/${id}`, { 'x-build-token': builds.failed.token })).status).toBe(403);
    expect((await get('/api/builds/nothing')).body.error).toBe('Build not found');
  });
});

describe('a file of a build', () => {
  const link = (build: TestBuild, query: string) => get(`/api/builds/${build.id}/link${query}`);

  it.each(['', '?which=result', '?which=source'])('is at an address that needs no credential: %j', async (query) => {
    const { status, body } = await link(builds.done, query);
    expect(status).toBe(200);
    const fetched = await fetch(body.url);
    const bytes = Buffer.from(await fetched.arrayBuffer());
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([body.size, body.sha256]);
    expect(fetched.headers.get('content-disposition')).toBe(`attachment; filename="${body.filename}"`);
    expect(body.url).not.toContain(controller.apiKey);
  });

  it('has no address where there is none, and none for strangers', async () => {
    const ended = await link(builds.failed, '?which=result');
    expect([ended.status, ended.body.code]).toEqual([400, 'build_not_completed']);
    for (const query of ['?which=certs', '?which=result&which=source']) {
      const { status, body } = await link(builds.done, query);
      expect([query, status, body.code]).toEqual([query, 400, 'invalid_request']);
    }
    expect((await get(`/api/builds/${builds.done.id}/link?which=source`, {})).status).toBe(401);
  });
});

describe('the active builds', () => {
  it('are those that a worker holds, with times in milliseconds', async () => {
    const { body } = await get('/api/builds/active');
    expect(body.builds.map(({ id }: TestBuild) => id).sort()).toEqual([builds.assigned.id, builds.building.id].sort());
    expect(body.builds.find(({ id }: TestBuild) => id === builds.assigned.id)).toEqual({
      id: builds.assigned.id,
      status: 'assigned',
      platform: 'ios',
      worker_id: mac.id,
      started_at: expect.any(Number),
      worker_name: 'mac',
      attempt: 1,
      submitted_at: expect.any(Number),
      building_since: null,
      lease_until: expect.any(Number),
      last_heartbeat_at: null,
      stage: null,
      progress: null,
      labels: [],
      priority: 0,
    });
  });

  it('show when a heartbeat came last, and what it told, until the next attempt', async () => {
    const signsOf = async (id: string) => {
      const { body } = await get('/api/builds/active');
      const { last_heartbeat_at: at, stage, progress } = body.builds.find((build: TestBuild) => build.id === id);
      return { at, stage, progress };
    };
    const { id } = builds.building;
    const before = Date.now();
    await controller.heartbeat(droid, id, { progress: 40 });
    const metrics = { cpu_percent: 50, memory_mb: 100 };
    const json = { type: 'heartbeat', data: { stage: 'compiling', metrics } };
    const { status } = await controller.request('POST', `/api/builds/${id}/telemetry`, {
      headers: controller.as(droid),
      json,
    });
    expect(status).toBe(200);
    await controller.heartbeat(droid, id);
    const { at, ...told } = await signsOf(id);
    expect(told).toEqual({ stage: 'compiling', progress: 40 });
    expect(at).toBeGreaterThanOrEqual(before);
    // What it told is not what its next attempt tells.
    await controller.tamperBuild(id, { stage: 'no stage that there is' });
    expect(await signsOf(id)).toMatchObject({ stage: null, progress: 40 });
    await controller.request('POST', '/api/workers/abandon', { headers: controller.as(droid), json: { build_id: id } });
    expect((await controller.poll(droid)).body.job).toMatchObject({ id, attempt: 2 });
    expect(await signsOf(id)).toEqual({ at: null, stage: null, progress: null });
    await controller.heartbeat(droid, id);
  });
});

describe('the counts', () => {
  it('by state are true, and are no build called statistics', async () => {
    const { status, body } = await get('/api/builds/statistics');
    const each = { pending: 1, assigned: 1, building: 1, completed: 1, failed: 1, cancelled: 1 };
    expect([status, body]).toEqual([200, { total: 6, ...each }]);
  });

  it('of the health are true, in JSON that a shell script can search', async () => {
    for (const path of ['/health', '/api/health']) {
      const { status, text, body } = await get(path, {});
      expect([status, body]).toEqual([200, { status: 'ok', queue: { pending: 1, active: 2 }, storage: {} }]);
      expect(text.split('"pending":1').length).toBe(2);
      const { status: ofHead } = await fetch(`${controller.url}${path}`, { method: 'HEAD' });
      expect(ofHead).toBe(200);
    }
  });

  it('for the public are seven whole numbers, open to every origin, and the same on both addresses', async () => {
    const [stats, alias] = [await get('/api/stats', { origin: 'https://x.test' }), await get('/public/stats', {})];
    expect(stats.body).toEqual({
      nodesOnline: 2,
      buildsQueued: 1,
      activeBuilds: 2,
      buildsToday: 1,
      totalBuilds: 2,
      totalBuildTimeMs: expect.any(Number),
      totalCpuCycles: 0,
    });
    expect(alias.body).toEqual(stats.body);
    expect(Object.values(stats.body).every(Number.isInteger)).toBe(true);
    expect(stats.headers.get('access-control-allow-origin')).toBe('*');
    expect(stats.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('of processor time come from what the machines reported, build by build', async () => {
    const { dynamo, stack } = controller;
    const index = buildIndex({
      client: dynamo,
      name: stack.table,
      pause: async () => {},
      chance: () => 0,
      recordDays: RECORD_DAYS,
    });
    const { startedAt } = await controller.buildItem(builds.done.id);
    await controller.tamperBuild(builds.done.id, { finishedAt: startedAt + 60_000, cpuSum: 300, cpuCount: 2 });
    await controller.tamperBuild(builds.failed.id, { cpuSum: 0, cpuCount: 0 });
    const day = Number((await controller.buildItem(builds.done.id)).finishedDay);
    const { cpuMs } = await index.finishedOn(day, 0, startedAt + 86_400_000);
    expect(cpuMs).toBe(90_000);
  });

  it('may be asked for by a browser that asks first', async () => {
    for (const path of ['/api/stats', '/public/stats']) {
      const headers = { origin: 'https://x.test', 'access-control-request-method': 'GET' };
      const answer = await controller.request('OPTIONS', path, { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-methods')).toContain('GET');
    }
    expect((await controller.request('OPTIONS', '/api/builds')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the workers', () => {
  it('are listed with state, what they can build, when they were seen, and what they hold', async () => {
    const { body } = await get('/api/workers');
    expect(body.workers.map(({ id }: TestWorker) => id)).toEqual([mac.id, droid.id]);
    expect(body.workers[1]).toEqual({
      id: droid.id,
      name: 'droid',
      state: 'building',
      is_draining: false,
      quarantined_until: null,
      capabilities: { platforms: ['android'] },
      labels: [],
      registered_at: expect.any(Number),
      last_seen_at: expect.any(Number),
      current_build_id: builds.building.id,
      current_attempt: 2,
      completed_builds: 1,
      failed_builds: 1,
      mean_build_ms: expect.any(Number),
    });
    const first = await get('/api/workers?limit=1');
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1];
    expect((await get(next ?? '')).body.workers).toEqual([body.workers[1]]);
    expect((await get('/api/workers?cursor=x')).status).toBe(400);
  });

  it.each([
    [7_999, '7s'],
    [306_000, '5m 6s'],
    [11_040_000, '3h 4m'],
    [93_600_000, '1d 2h'],
    [86_400_000, '1d 0h'],
    [0, '0s'],
  ])('show the Mac app what they did, in whole numbers, and since when: %i ms are %s', async (ms, uptime) => {
    await controller.tamperWorker(droid.id, { registeredAt: Date.now() - ms });
    const { status, body } = await get(`/api/workers/${droid.id}/stats`);
    const counts = { totalBuilds: 2, successfulBuilds: 1, failedBuilds: 1 };
    expect([status, body]).toEqual([200, { ...counts, workerName: 'droid', status: 'building', uptime: body.uptime }]);
    // A second may pass between the two.
    const later = { '7s': '8s', '5m 6s': '5m 7s', '0s': '1s' }[uptime] ?? uptime;
    expect([uptime, later]).toContain(body.uptime);
  });

  it('show the Mac app only states that it knows, and no worker that is not there', async () => {
    const status = async () => (await get(`/api/workers/${mac.id}/stats`)).body.status;
    await controller.tamperWorker(mac.id, { currentBuildId: undefined, currentAttempt: undefined, isDraining: true });
    expect(await status()).toBe('idle');
    await controller.tamperWorker(mac.id, { isDraining: false, lastSeenAt: Date.now() - 600_000 });
    expect(await status()).toBe('offline');
    const absent = await get('/api/workers/nobody/stats');
    expect([absent.status, absent.body.error]).toEqual([404, 'Worker not found']);
  });
});
