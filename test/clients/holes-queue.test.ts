import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOREIGN_URL, type HolesWorld, json, openHolesWorld } from './holes-world.ts';

const LONG = FOREIGN_URL === undefined ? 30_000 : 400_000;

let world: HolesWorld;
beforeAll(async () => {
  world = await openHolesWorld();
});
afterAll(() => world.close());

const abandon = (worker: { id: string; token: string | undefined }, buildId: string) =>
  world.call('POST', '/api/workers/abandon', {
    headers: { 'x-worker-token': worker.token ?? '' },
    json: { build_id: buildId, worker_id: worker.id, reason: 'shutting down' },
  });

describe('holes of the second controller: the queue', () => {
  it('hole 31: figures of an empty controller are zeros', async () => {
    const reply = await world.call('GET', '/api/stats');
    expect(reply.status).toBe(200);
    expect(json(reply)).toMatchObject({ totalBuilds: 0, totalBuildTimeMs: 0, totalCpuCycles: 0 });
  });

  it('hole 27: a build that is cancelled while it waits is not built', async () => {
    const build = await world.submit();
    await world.cancel(build.id);
    const worker = await world.register();
    expect([await world.poll(worker.id), await world.poll(worker.id)]).toEqual([undefined, undefined]);
  });

  it('hole 27: a build that is given back twice goes to one worker', async () => {
    const { build, worker } = await world.assigned();
    expect((await abandon(worker, build.id)).status).toBe(200);
    await abandon(worker, build.id);
    const others = [await world.register(), await world.register()];
    const given = [await world.poll(others[0]?.id ?? ''), await world.poll(others[1]?.id ?? '')];
    expect(given).toEqual([build.id, undefined]);
    await world.upload(others[0]?.id ?? '', build.id, 'result');
  });

  it(
    'hole 29: a build whose worker is gone goes to the next one',
    async () => {
      const { build, worker } = await world.assigned();
      const path = `/api/builds/${build.id}/heartbeat?worker_id=${worker.id}`;
      await world.call('POST', path, { headers: world.key, json: {} });
      await world.pause(150_000);
      expect.soft(await world.status(build)).toBe('pending');
      await world.pause(180_000);
      const next = await world.register();
      expect(await world.poll(next.id)).toBe(build.id);
      await world.upload(next.id, build.id, 'result');
    },
    LONG,
  );

  it(
    'hole 30: a token outlives a build of two hours, and then still gives back what its worker holds',
    async () => {
      const { build, worker } = await world.assigned();
      for (let minutes = 0; minutes < 120; minutes++) {
        const path = `/api/builds/${build.id}/heartbeat?worker_id=${worker.id}`;
        await world.call('POST', path, { headers: { ...world.key, 'x-worker-token': worker.token ?? '' }, json: {} });
        await world.pause(60_000);
      }
      const headers = { 'x-worker-token': worker.token ?? '', 'x-api-key': '' };
      const reply = await world.call('POST', '/api/workers/unregister', { headers });
      expect(reply.status).toBe(200);
      expect(json(reply)).toMatchObject({ success: true, builds_reassigned: 1 });
      const next = await world.register();
      expect(await world.poll(next.id)).toBe(build.id);
      await world.upload(next.id, build.id, 'result');
    },
    LONG,
  );

  it('hole 31: the log is whole, and the times of a build are told', async () => {
    const { build, worker } = await world.assigned();
    const headers = { 'x-worker-token': worker.token ?? '', 'x-worker-id': worker.id };
    const logs = Array.from({ length: 150 }, (_, line) => ({ level: 'info', message: `line ${line}` }));
    await world.call('POST', `/api/builds/${build.id}/logs`, { headers, json: { logs } });
    await world.upload(worker.id, build.id, 'result');
    const own = { 'x-build-token': build.token };
    const read = json(await world.call('GET', `/api/builds/${build.id}/logs`, { headers: own })).logs;
    expect.soft(read.at(-1).message).toBe('line 149');
    const status = json(await world.call('GET', `/api/builds/${build.id}/status`, { headers: own }));
    expect([typeof status.started_at, typeof status.completed_at]).toEqual(['number', 'number']);
  });
});

it.skipIf(FOREIGN_URL !== undefined)(
  'hole 28: what must be sent again is sent in the order in which it came',
  async () => {
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) {
      ids.push((await world.submit()).id);
      await world.pause(1_000);
    }
    await world.own?.controller.purge('ios');
    await world.pause(30 * 60_000);
    const given: (string | undefined)[] = [];
    for (const _ of ids) given.push(await world.poll((await world.register()).id));
    expect(given).toEqual(ids);
  },
);
