import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HolesWorld, json, openHolesWorld } from './holes-world.ts';
import { form } from './wire.ts';

let world: HolesWorld;
beforeAll(async () => {
  world = await openHolesWorld();
});
afterAll(() => world.close());

const refused = [401, 403];

describe('holes of the second controller: strangers', () => {
  it('hole 20: nobody takes over a worker, or becomes one, without a key', async () => {
    const { build, worker } = await world.assigned();
    const waiting = await world.submit();
    const list = await world.call('GET', '/api/builds');
    expect.soft(refused).toContain(list.status);
    expect.soft(list.text).not.toContain(worker.id);
    for (const id of [worker.id, undefined]) {
      const registration = { name: 'stranger', capabilities: { platforms: ['ios'] }, ...(id && { id }) };
      const reply = await world.call('POST', '/api/workers/register', { json: registration });
      expect.soft(refused).toContain(reply.status);
      expect.soft(reply.text).not.toContain('token"');
    }
    expect(await world.status(waiting)).toBe('pending');
    await world.cancel(waiting.id);
    await world.upload(worker.id, build.id, 'result');
  });

  it('hole 20: who registers an id again is not shown the token that is in use', async () => {
    const worker = await world.register();
    const json = { name: 'again', capabilities: { platforms: ['ios'] }, id: worker.id };
    const reply = await world.call('POST', '/api/workers/register', { headers: world.key, json });
    expect(JSON.parse(reply.text).access_token).not.toBe(worker.token);
  });

  it('hole 22: submit, list, show, cancel, statistics, results and heartbeats need a credential', async () => {
    const { build, worker } = await world.assigned();
    const end = () =>
      form([
        ['build_id', build.id],
        ['worker_id', worker.id],
        ['success', 'false'],
      ]);
    const replies = [
      await world.call('POST', '/api/builds/submit', { body: form([['platform', 'ios']]) }),
      await world.call('POST', '/api/builds', { body: form([['platform', 'ios']]) }),
      await world.call('GET', '/api/builds'),
      await world.call('GET', `/api/builds/${build.id}`),
      await world.call('GET', '/api/builds/statistics'),
      await world.call('POST', `/api/builds/${build.id}/cancel`, { json: {} }),
      await world.call('POST', '/api/workers/heartbeat', { json: { build_id: build.id } }),
      await world.call('POST', '/api/workers/fail', { json: { build_id: build.id, error: 'x' } }),
      await world.call('POST', '/api/workers/upload', { body: end() }),
      await world.call('POST', '/api/workers/result', { body: end() }),
    ];
    for (const { status } of replies) expect.soft([...refused, 404]).toContain(status);
    expect(await world.status(build)).toBe('assigned');
    await world.upload(worker.id, build.id, 'result');
  });

  it('hole 23: a worker token opens only the source of the build that its worker holds', async () => {
    const { build, worker } = await world.assigned();
    const other = await world.register();
    const get = (token = '') =>
      world.call('GET', `/api/builds/${build.id}/source`, { headers: { 'x-worker-token': token } });
    expect((await get(worker.token)).bytes.equals(build.source)).toBe(true);
    expect([401, 403, 404, 409]).toContain((await get(other.token)).status);
    await world.upload(worker.id, build.id, 'result');
  });

  it('hole 25: complete, fail, abandon and heartbeat of another, or after the end, change nothing', async () => {
    const { build, worker } = await world.assigned();
    const other = await world.register();
    const as = { 'x-worker-token': other.token ?? '' };
    const own = { 'x-worker-token': worker.token ?? '' };
    const abandon = (workerId: string, headers: Record<string, string>) => {
      const json = { build_id: build.id, worker_id: workerId, reason: 'x' };
      return world.call('POST', '/api/workers/abandon', { headers, json });
    };
    await abandon(other.id, as);
    await world.call('POST', '/api/workers/fail', { headers: as, json: { build_id: build.id, error: 'x' } });
    await world.upload(other.id, build.id, 'failure');
    expect.soft(await world.status(build)).toBe('assigned');
    await world.upload(worker.id, build.id, 'result');
    await abandon(worker.id, own);
    await world.call('POST', '/api/workers/fail', { headers: own, json: { build_id: build.id, error: 'late' } });
    expect.soft(await world.status(build)).toBe('completed');
    expect(await world.poll(other.id)).toBeUndefined();
  });

  it('hole 31: a refusal says why', async () => {
    const reply = await world.call('GET', '/api/builds/some-build/status');
    expect(reply.status).toBe(401);
    expect(json(reply).error).toMatch(/X-API-Key/);
  });
});
