import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FOREIGN_URL, type HolesWorld, json, openHolesWorld } from './holes-world.ts';
import { file, form } from './wire.ts';

let world: HolesWorld;
beforeAll(async () => {
  world = await openHolesWorld();
});
afterAll(() => world.close());

const refused = [401, 403, 404, 409, 410];
const artifact = (bytes = randomBytes(50)) => form([['artifact', file(bytes, 'app.ipa')]]);

/** A build in a virtual machine that has exchanged its password and is ready. */
async function running() {
  const { build, worker, otp } = await world.assigned();
  const path = `/api/builds/${build.id}`;
  const exchange = (password = otp) => world.call('POST', `${path}/authenticate`, { json: { otp: password } });
  const vm = { 'x-vm-token': json(await exchange()).vm_token as string };
  await world.call('POST', `${path}/vm-ready`, { headers: { ...vm, 'content-type': 'application/json' } });
  return { build, worker, otp, path, exchange, vm };
}

describe('holes of both controllers: virtual machines', () => {
  it('hole 2: telemetry is answered 200', async () => {
    const { build, worker } = await world.assigned();
    const headers = { ...world.key, 'x-worker-id': worker.id, 'x-build-id': build.id };
    const telemetry = { type: 'monitor_started', timestamp: new Date().toISOString(), data: {} };
    const path = `/api/builds/${build.id}/telemetry`;
    expect((await world.call('POST', path, { headers, json: telemetry })).status).toBe(200);
    await world.upload(worker.id, build.id, 'result');
  });

  it('hole 21: what vm-status gives to everybody keeps a build alive and opens nothing', async () => {
    const { build, path, vm } = await running();
    const status = json(await world.call('GET', `${path}/vm-status`));
    expect(status).toMatchObject({ vm_ready: true });
    expect(status.vm_token).not.toBe(vm['x-vm-token']);
    const headers = { 'x-vm-token': status.vm_token };
    expect((await world.call('POST', `${path}/heartbeat`, { headers, json: {} })).status).toBe(200);
    const line = { level: 'info', message: 'forged line' };
    const replies = [
      await world.call('GET', `${path}/certs-secure`, { headers }),
      await world.call('GET', `${path}/certs`, { headers }),
      await world.call('GET', `${path}/source`, { headers }),
      await world.call('POST', `${path}/logs`, { headers, json: line }),
      await world.call('POST', `${path}/artifact`, { headers, body: artifact() }),
      await world.call('POST', `${path}/vm-ready`, { headers }),
    ];
    for (const reply of replies) expect.soft(refused).toContain(reply.status);
    expect(await world.status(build)).toBe('building');
    expect((await world.call('POST', `${path}/artifact`, { headers: vm, body: artifact() })).status).toBe(200);
  });

  it('hole 24: a one-time password is good once, and then for its own lost answer alone', async () => {
    const { path, exchange, vm } = await running();
    expect(json(await exchange()).vm_token).toBe(vm['x-vm-token']);
    await world.pause(61_000);
    expect((await exchange()).status).toBe(401);
    await world.call('POST', `${path}/artifact`, { headers: vm, body: artifact() });
    expect((await exchange()).status).toBe(401);
  });

  it.skipIf(FOREIGN_URL !== undefined)(
    'hole 24: guesses open nothing, write five times, and keep nobody out',
    async () => {
      const { build, worker, otp } = await world.assigned();
      const exchange = (password: string) =>
        world.call('POST', `/api/builds/${build.id}/authenticate`, { json: { otp: password } });
      for (let guess = 0; guess < 20; guess++) {
        expect((await exchange(randomBytes(24).toString('base64url'))).status).toBe(401);
      }
      expect(await world.own?.controller.buildItem(build.id)).toMatchObject({ otpWrongTries: 5 });
      expect((await exchange(otp)).status).toBe(200);
      await world.upload(worker.id, build.id, 'result');
    },
  );

  it('hole 26: success without a file, after the machine has delivered, is a success', async () => {
    const { build, worker, path, vm } = await running();
    expect((await world.call('POST', `${path}/artifact`, { headers: vm, body: artifact() })).status).toBe(200);
    expect.soft((await world.upload(worker.id, build.id, 'success')).status).toBe(200);
    // What the old app does when it is not answered 200.
    await world.upload(worker.id, build.id, 'failure');
    expect(await world.status(build)).toBe('completed');
  });

  it.skipIf(FOREIGN_URL !== undefined)('hole 32: nothing that comes with a request is printed', async () => {
    const printed: string[] = [];
    const keep = (...parts: unknown[]) => printed.push(parts.map(String).join(' ')) > 0;
    const streams = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation((chunk) => keep(chunk)),
    );
    const consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(keep),
    );
    const { build, otp, path, vm } = await running();
    const note = randomBytes(20).toString('hex');
    const data = { heartbeat_count: 1, stage: note, metrics: {}, uptime_seconds: 1 };
    const telemetry = { type: 'heartbeat', timestamp: new Date().toISOString(), data };
    await world.call('POST', `${path}/telemetry`, { headers: vm, json: telemetry });
    await world.call('POST', `${path}/logs`, { headers: vm, json: { level: 'info', message: note } });
    await world.call('POST', `${path}/artifact`, { headers: vm, body: artifact(Buffer.from(note)) });
    for (const spy of [...streams, ...consoles]) spy.mockRestore();
    for (const secret of [world.apiKey, otp, vm['x-vm-token'], build.token, note]) {
      expect.soft(printed.join('\n')).not.toContain(secret);
    }
    expect(printed.join('\n')).toContain(build.id);
  });
});
