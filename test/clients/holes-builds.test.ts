import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOREIGN_URL, type HolesWorld, json, openHolesWorld } from './holes-world.ts';
import { file, form } from './wire.ts';

/** A controller that is not ours needs real minutes for what takes minutes. */
const LONG = FOREIGN_URL === undefined ? 20_000 : 400_000;

let world: HolesWorld;
beforeAll(async () => {
  world = await openHolesWorld();
});
afterAll(() => world.close());

describe('holes of the first controller: builds', () => {
  it('hole 1: a build token is enough by itself', async () => {
    const build = await world.submit();
    for (const part of ['status', 'logs']) {
      const headers = { 'x-build-token': build.token };
      expect((await world.call('GET', `/api/builds/${build.id}/${part}`, { headers })).status).toBe(200);
    }
    await world.cancel(build.id);
  });

  it('hole 2: a heartbeat is answered 200', async () => {
    const { build, worker } = await world.assigned();
    const path = `/api/builds/${build.id}/heartbeat?worker_id=${worker.id}`;
    expect((await world.call('POST', path, { headers: world.key, json: {} })).status).toBe(200);
    await world.upload(worker.id, build.id, 'result');
  });

  it(
    'hole 3: a build without a heartbeat is not failed after two minutes',
    async () => {
      const { build, worker } = await world.assigned();
      await world.pause(190_000);
      expect(await world.status(build)).toBe('assigned');
      await world.upload(worker.id, build.id, 'result');
      expect(await world.status(build)).toBe('completed');
    },
    LONG,
  );

  it('hole 4: a build cancelled while it waits takes no turn and is never handed out', async () => {
    const [cancelled, wanted] = [await world.submit(), await world.submit()];
    await world.cancel(cancelled.id);
    const [first, second] = [await world.register(), await world.register()];
    expect.soft(await world.poll(first.id)).toBe(wanted.id);
    expect.soft([await world.poll(second.id), await world.poll(second.id)]).toEqual([undefined, undefined]);
    await world.upload(first.id, wanted.id, 'result');
    await world.upload(second.id, cancelled.id, 'result');
    expect(await world.status(cancelled)).toBe('failed');
  });

  it('hole 5: a made-up worker id reads no source, no certificates, and writes no log', async () => {
    const build = await world.submit();
    const headers = { ...world.key, 'x-worker-id': 'made-up', 'x-build-id': build.id };
    const path = `/api/builds/${build.id}`;
    const forged = { level: 'info', message: 'forged line' };
    const statuses = [
      await world.call('GET', `${path}/source`, { headers }),
      await world.call('GET', `${path}/certs`, { headers }),
      await world.call('GET', `${path}/certs-secure`, { headers }),
      await world.call('POST', `${path}/logs`, { headers, json: forged }),
    ].map((reply) => reply.status);
    for (const status of statuses) expect.soft([401, 403, 404, 409]).toContain(status);
    expect((await world.call('GET', `${path}/logs`, { headers: world.key })).text).not.toContain('forged line');
    await world.cancel(build.id);
  });

  it('hole 6: no worker ends the build of another, and an end is final', async () => {
    const { build, worker } = await world.assigned();
    const other = await world.register();
    await world.upload(other.id, build.id, 'failure');
    await world.upload(other.id, build.id, 'result');
    expect.soft(await world.status(build)).toBe('assigned');
    await world.upload(worker.id, build.id, 'result');
    await world.upload(worker.id, build.id, 'failure');
    await world.upload(other.id, build.id, 'failure');
    expect(await world.status(build)).toBe('completed');
  });

  it('hole 7: success without a file does not fail what has been delivered', async () => {
    const { build, worker } = await world.assigned();
    await world.upload(worker.id, build.id, 'result');
    expect((await world.upload(worker.id, build.id, 'success')).status).toBe(200);
    expect(await world.status(build)).toBe('completed');
  });

  it('hole 8: a part of a form that nobody asked for is read past', async () => {
    const body = form([
      ['profile', file(Buffer.alloc(300_000, 'p'), 'x.mobileprovision')],
      ['extra', file(Buffer.alloc(300_000, 'e'), 'extra.bin')],
      ['source', file(Buffer.alloc(1_000, 's'), 'project.tar.gz')],
      ['platform', 'ios'],
    ]);
    const signal = AbortSignal.timeout(8_000);
    const reply = await world.call('POST', '/api/builds/submit', { headers: world.key, body, signal });
    // A profile without a certificate may be refused; what may not be is silence.
    expect([200, 400]).toContain(reply.status);
    if (reply.status === 200) await world.cancel(json(reply).id);
  });

  it('hole 9: cancel takes a content type with no body behind it', async () => {
    const build = await world.submit();
    const headers = { ...world.key, 'content-type': 'application/json' };
    expect((await world.call('POST', `/api/builds/${build.id}/cancel`, { headers })).status).toBe(200);
    expect(await world.status(build)).toBe('failed');
  });

  it('hole 10: a JSON body of 20 MB is refused', async () => {
    const registration = { name: 'x'.repeat(20_000_000), capabilities: {} };
    const reply = await world.call('POST', '/api/workers/register', { headers: world.key, json: registration });
    expect(reply.status).toBe(413);
  });

  it('hole 12: a worker is given only what it can build', async () => {
    const build = await world.submit('android');
    expect(await world.poll((await world.register('ios')).id)).toBeUndefined();
    expect(await world.poll((await world.register('android')).id)).toBe(build.id);
    await world.cancel(build.id);
  });
});

describe('holes of the first controller: what strangers see', () => {
  it(
    'hole 14: a worker that is silent is offline',
    async () => {
      const worker = await world.register();
      await world.pause(310_000);
      const { status } = json(await world.call('GET', `/api/workers/${worker.id}/stats`, { headers: world.key }));
      expect(status).toBe('offline');
    },
    LONG,
  );

  it('hole 15: a dashboard that shows nothing, no path of the machine and no foreign page without a key', async () => {
    const build = await world.submit();
    const origin = { origin: 'https://evil.example' };
    const root = await world.call('GET', '/', { headers: origin });
    // The page is the same for all: what it shows it asks for, with its reader's key.
    expect.soft(root.text).not.toContain(build.id);
    expect.soft(root.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect.soft((await world.call('GET', '/', { headers: world.key })).text).toBe(root.text);
    expect.soft((await world.call('GET', '/health')).text).not.toMatch(/"\//);
    for (const path of ['/api/builds', `/api/builds/${build.id}/status`, '/health']) {
      const { headers } = await world.call('GET', path, { headers: { ...world.key, ...origin } });
      expect.soft(headers.get('access-control-allow-origin')).toBeNull();
      expect.soft(headers.get('access-control-allow-credentials')).toBeNull();
    }
    await world.cancel(build.id);
  });

  it('hole 16: figures are never invented', async () => {
    const { length } = json(await world.call('GET', '/api/builds', { headers: world.key }));
    const stats = json(await world.call('GET', '/api/stats'));
    expect(stats.totalBuilds).toBeLessThanOrEqual(length);
    expect(stats.nodesOnline).toBeLessThan(100);
  });
});
