import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advance, backToPresent } from '../history/time-travel.ts';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';

/** What an administrator does to a worker. */

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(async () => {
  backToPresent();
  await controller.close();
});

const post = (path: string, headers: Record<string, string> = controller.key, json: object = {}) =>
  controller.request('POST', path, { headers, json });
const revoke = ({ id }: Pick<TestWorker, 'id'>) => post(`/api/workers/${id}/revoke`);
const get = async (path: string) => (await controller.request('GET', path, { headers: controller.key })).body;
const listed = async (id: string) =>
  (await get('/api/workers')).workers.find((worker: { id: string }) => worker.id === id);

describe('a revoked worker', () => {
  it('is gone at once: its tokens open nothing, and what it holds waits again without an attempt being spent', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    const { status, body } = await revoke(worker);
    expect([status, body]).toEqual([200, { success: true, builds_reassigned: 1 }]);
    expect(await listed(worker.id)).toBeUndefined();
    expect((await controller.poll(worker)).status).toBe(401);
    expect((await controller.heartbeat(worker, build.id)).status).toBe(401);
    expect((await controller.complete(worker, build.id)).status).toBe(401);
    expect(await controller.status(build.id)).toMatchObject({ state: 'pending', attempt: 1, spent_attempts: 0 });
    const { events } = await get(`/api/builds/${build.id}/events`);
    expect(events.at(-1)).toMatchObject({ type: 'given_back', attempt: 1, by: 'controller' });
    const next = await controller.register('next');
    expect((await controller.poll(next)).body.job).toMatchObject({ id: build.id, attempt: 2 });
    await controller.complete(next, build.id);
  });

  it('that holds nothing is gone as well; a second time there is none', async () => {
    const idle = await controller.register('idle');
    expect((await revoke(idle)).body).toEqual({ success: true, builds_reassigned: 0 });
    const again = await revoke(idle);
    expect([again.status, again.body.code]).toEqual([404, 'worker_not_found']);
  });

  it('is gone as well when the record of what it holds cannot be read', async () => {
    const { build, worker } = await controller.assigned();
    await controller.tamperBuild(build.id, { submittedAt: 'yesterday' });
    expect((await revoke(worker)).body).toEqual({ success: true, builds_reassigned: 0 });
    expect(await controller.workerItem(worker.id)).toBeUndefined();
  });

  it('comes back only with a key, as another one: its own token vouches for nothing', async () => {
    const worker = await controller.register('returning');
    await revoke(worker);
    const json = { name: 'returning', capabilities: {}, id: worker.id };
    const register = (headers: Record<string, string>) => post('/api/workers/register', headers, json);
    expect((await register(controller.as(worker))).status).toBe(401);
    const back = await register({ ...controller.key, ...controller.as(worker) });
    expect(back.body).toMatchObject({ status: 'registered' });
    expect(back.body.id).not.toBe(worker.id);
    expect((await controller.poll(worker)).status).toBe(401);
  });

  it('is named in the story by who revoked it, where that is a key with a record', async () => {
    const { body: admin } = await post('/api/keys', controller.key, { name: 'admin', scopes: ['admin'] });
    const { build, worker } = await controller.assigned();
    await post(`/api/workers/${worker.id}/revoke`, { 'x-api-key': admin.key });
    const { events } = await get(`/api/builds/${build.id}/events`);
    expect(events.at(-1)).toMatchObject({ type: 'given_back', by: `key ${admin.id}` });
    await post(`/api/builds/${build.id}/cancel`);
  });

  it('is gone however it polls, reports and registers meanwhile, and its builds are not lost', async () => {
    for (let round = 0; round < 10; round++) {
      const worker = await controller.register(`racer ${round}`);
      const build = await controller.submit();
      const again = { name: 'racer', capabilities: { platforms: ['ios'] }, id: worker.id };
      const [answer] = await Promise.all([
        revoke(worker),
        controller.poll(worker),
        post('/api/workers/register', controller.key, again),
        controller.poll(worker),
      ]);
      expect([round, answer?.status]).toEqual([round, 200]);
      expect(await controller.workerItem(worker.id)).toBeUndefined();
      expect((await controller.poll(worker)).status).toBe(401);
      const { state } = await controller.status(build.id);
      expect(state).toBe('pending');
      // A message that a poll gave back, as its worker was gone, comes again within a minute.
      advance(60_000);
      const rest = await controller.register('rest');
      expect((await controller.poll(rest)).body.job.id).toBe(build.id);
      await controller.complete(rest, build.id);
    }
  });
});

describe('a quarantine', () => {
  const HOUR = 3_600_000;
  const struck = async (name: string) => {
    const worker = await controller.register(name);
    const releasedAt = Date.now();
    await controller.tamperWorker(worker.id, {
      strikes: 2,
      lastOutcome: 'lost',
      releasedAt,
      grantedAt: releasedAt - 1,
    });
    return { worker, releasedAt };
  };

  it('is told with its end, and ended by an administrator', async () => {
    const { worker, releasedAt } = await struck('struck');
    expect(await listed(worker.id)).toMatchObject({ state: 'quarantined', quarantined_until: releasedAt + HOUR });
    const build = await controller.submit();
    expect((await controller.poll(worker)).body.job).toBeNull();
    expect((await post(`/api/workers/${worker.id}/drain`, controller.key, { draining: false })).status).toBe(200);
    expect(await listed(worker.id)).toMatchObject({ state: 'idle', quarantined_until: null });
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    await controller.complete(worker, build.id);
  });

  it('is not ended by draining', async () => {
    const { worker } = await struck('drained');
    await post(`/api/workers/${worker.id}/drain`);
    expect(await controller.workerItem(worker.id)).toMatchObject({ strikes: 2, lastOutcome: 'lost' });
  });
});
