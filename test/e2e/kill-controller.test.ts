import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestBuild, TestWorker } from '../support/controller.ts';
import { type ControllerProcess, enginePids, openTableOf, startControllerProcess } from '../support/fault-process.ts';

const SUBMITS = 50;
const WORKERS = 6;

describe('a controller that is killed in the middle of its work', () => {
  const apiKey = randomBytes(32).toString('base64url');
  let dataDir: string;
  let running: ControllerProcess[];
  let closers: (() => void)[];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'buildlatch-kill-'));
    [running, closers] = [[], []];
  });

  afterEach(async () => {
    for (const close of closers) close();
    for (const { signal } of running) signal('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    await expect.poll(() => enginePids(dataDir)).toEqual([]);
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<ControllerProcess> {
    const started = await startControllerProcess(dataDir, apiKey);
    running.push(started);
    return started;
  }

  function table() {
    const opened = openTableOf(dataDir);
    closers.push(opened.close);
    return opened;
  }

  it('has lost nothing it acknowledged and gives every build to one worker, once, after it is started again', async () => {
    const first = await start();
    const workers = await Promise.all(
      Array.from({ length: WORKERS }, (_, index) => first.http.register(`mac-${index}`)),
    );
    const silent = await first.http.register('silent');
    const early = await first.http.submit();
    const lost = (await first.http.poll(silent)).body.job;
    expect(lost).toMatchObject({ id: early.id, attempt: 1 });

    const acknowledged = await submitUntilKilled(first, workers);
    expect(acknowledged.length).toBeGreaterThanOrEqual(SUBMITS / 2);
    expect(acknowledged.length).toBeLessThan(SUBMITS);
    await expect.poll(() => enginePids(dataDir), { message: 'the engine ends with its controller' }).toEqual([]);

    const { http, signal, ended } = await start();
    const { items, makeDue } = table();
    const listed = await listAll(http);
    expect(new Set(listed).size, 'listed once each').toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining([early, ...acknowledged].map(({ id }) => id)));
    for (const { id, token } of acknowledged) {
      const headers = { 'x-build-token': token };
      expect((await http.request('GET', `/api/builds/${id}/status`, { headers })).status).toBe(200);
    }

    // Whoever was given a build and never heard of it hears of it now: same build, same attempt.
    const held = (await items('BUILD')).filter(({ state }) => state === 'assigned');
    for (const worker of [silent, ...workers]) {
      const own = held.find(({ workerId }) => workerId === worker.id);
      if (!own) continue;
      expect((await http.poll(worker)).body.job).toMatchObject({ id: own['id'], attempt: own['attempt'] });
      expect((await http.complete(worker, String(own['id']))).status).toBe(200);
    }
    // Messages that were in flight are hidden for up to 30 s: the sweep's next look is brought forward instead.
    for (const { id, state } of await items('BUILD')) if (state === 'pending') await makeDue(String(id));
    await Promise.all(workers.map((worker) => workUntil(http, worker, async () => (await waiting(items)) === 0)));

    const builds = await items('BUILD');
    expect(builds.map(({ id }) => id).sort()).toEqual(listed.toSorted());
    expect(builds.map(({ state, attempt }) => [state, attempt])).toEqual(builds.map(() => ['completed', 1]));
    expect(new Set(builds.map(({ resultKey }) => resultKey)).size).toBe(builds.length);
    // Each completion counts its worker up in the same transaction: together they completed each build exactly once.
    const finishers = await items('WORKER');
    expect(finishers.reduce((sum, { completedBuilds }) => sum + Number(completedBuilds), 0)).toBe(builds.length);
    expect(finishers.filter(({ currentBuildId }) => currentBuildId !== undefined)).toEqual([]);

    signal('SIGTERM');
    expect(await ended).toBe(0);
    await expect.poll(() => enginePids(dataDir)).toEqual([]);
  }, 90_000);

  /** Submits and polls in flight together; the kill comes with the answer to half of the submits. */
  async function submitUntilKilled({ http, signal, ended }: ControllerProcess, workers: readonly TestWorker[]) {
    const acknowledged: TestBuild[] = [];
    let isKilled = false;
    const submits = Array.from({ length: SUBMITS }, async () => {
      const build = await http.submit();
      acknowledged.push(build);
      if (acknowledged.length === SUBMITS / 2) {
        isKilled = true;
        signal('SIGKILL');
      }
    });
    const work = workers.map((worker) => workUntil(http, worker, async () => isKilled));
    const outcomes = await Promise.allSettled([...submits, ...work]);
    expect(await ended).toBeNull();
    // What failed, failed by the loss of its connection.
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(reasons.filter((reason) => !(reason instanceof TypeError && reason.message === 'fetch failed'))).toEqual([]);
    return acknowledged;
  }

  /** What a worker does, as fast as it can. */
  async function workUntil(http: ControllerProcess['http'], worker: TestWorker, isDone: () => Promise<boolean>) {
    const giveUpAt = performance.now() + 60_000;
    while (!(await isDone())) {
      if (performance.now() > giveUpAt) throw new Error('builds are left that nobody is given');
      const { status, body } = await http.poll(worker);
      expect(status).toBe(200);
      if (body.job) expect((await http.complete(worker, body.job.id)).status).toBe(200);
    }
  }

  async function waiting(items: ReturnType<typeof openTableOf>['items']): Promise<number> {
    return (await items('BUILD')).filter(({ state }) => state !== 'completed').length;
  }

  async function listAll(http: ControllerProcess['http']): Promise<string[]> {
    const { status, body } = await http.request('GET', '/api/builds?limit=100', { headers: http.key });
    expect(status).toBe(200);
    const builds: { id: string }[] = Array.isArray(body) ? body : body.builds;
    return builds.map(({ id }) => id);
  }
});
