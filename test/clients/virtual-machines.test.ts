import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loggedEvents } from '../support/quiet.ts';
import { c1 } from './c1.ts';
import { c2 } from './c2.ts';
import { h1 } from './h1.ts';
import { aProject, openSite, type TestSite } from './site.ts';
import type { Job } from './swift-worker.ts';
import { v1 } from './v1.ts';
import { v2 } from './v2.ts';
import { v3 } from './v3.ts';
import { startW1 } from './w1.ts';
import { startW2 } from './w2.ts';
import { startW3 } from './w3.ts';
import { ClientGaveUp } from './wire.ts';

const TWO_HOURS_MS = 2 * 3_600_000;
/** Every second beat of the old monitor gets through. */
const BEAT_MS = 60_000;
const LONG = 60_000;

let site: TestSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

type W3 = Awaited<ReturnType<typeof startW3>>;

/** What the old app polls for, and the script in its machine. */
async function polled(worker: W3): Promise<{ job: Job; vm: ReturnType<typeof v3> }> {
  const job = await worker.poll();
  if (!job) throw new Error('no job');
  return { job, vm: v3(site, job.id, job.otp ?? '') };
}

describe('W3 with V3 and V2, the last Mac app and the scripts in its machine', () => {
  it(
    'build for two hours on a token of 90 seconds, and end in success without a file',
    async () => {
      const source = aProject();
      const id = await c2(site).submit({ source });
      const worker = await startW3(site);
      const { job, vm } = await polled(worker);
      const artifact = randomBytes(3_000_000);
      await worker.run(job, {
        boot: async () => {
          await site.pause(240_000);
          const monitor = v2(site, worker.id() ?? '', id, await vm.authenticate());
          await vm.ready();
          await monitor.start();
          await monitor.beat();
          expect((await vm.source()).equals(source)).toBe(true);
        },
        buildMs: TWO_HOURS_MS,
        finish: async () => {
          await vm.log(['** BUILD SUCCEEDED **']);
          await vm.artifact(artifact);
        },
      });
      expect(await c2(site).status(id)).toMatchObject({ status: 'completed', error_message: null });
      expect((await c2(site).download(id)).bytes.equals(artifact)).toBe(true);
      expect((await site.controller.buildItem(id)).attempt).toBe(1);
      expect(await worker.poll()).toBeUndefined();
      expect(await worker.unregister()).toMatchObject({ success: true, builds_reassigned: 0 });
    },
    LONG,
  );

  it('keep their log, though it is no valid JSON, in batches of 50', async () => {
    const id = await c2(site).submit({ source: aProject() });
    const worker = await startW3(site);
    const { vm } = await polled(worker);
    await vm.authenticate();
    const lines = Array.from({ length: 120 }, (_, line) =>
      line % 40 === 7 ? `\u001b[32m✓\u001b[0m "quoted" \\path\ttab ${line}\b` : `line ${line}`,
    );
    await vm.log(lines);
    const read = await c2(site).logs(id);
    expect(read).toHaveLength(1 + lines.length);
    for (const line of [7, 47, 87]) expect(read[1 + line]).toMatch(new RegExp(`✓.*"quoted" .path.tab ${line}`));
    await vm.artifact(randomBytes(10));
  });

  it('stop when the build is cancelled: the next heartbeat says so, and no late result counts', async () => {
    const id = await c2(site).submit({ source: aProject() });
    let beats = 0;
    const pause = async (ms: number) => {
      await site.pause(ms);
      beats += 1;
      if (beats === 3) await c1(site).cancel(id);
    };
    const worker = await startW3({ ...site, pause });
    const { job, vm } = await polled(worker);
    const killed: string[] = [];
    const running = worker.run(job, {
      boot: async () => {
        await vm.authenticate();
        await vm.ready();
      },
      buildMs: TWO_HOURS_MS,
      finish: () => vm.artifact(randomBytes(10)),
      kill: () => void killed.push(id),
    });
    await expect(running).rejects.toThrow('heartbeat answered 410');
    expect([killed, beats]).toEqual([[id], 3]);
    await expect(vm.artifact(randomBytes(10))).rejects.toThrow(ClientGaveUp);
    expect(await c2(site).status(id)).toMatchObject({ status: 'failed', error_message: 'Build cancelled by user' });
    expect(await worker.poll()).toBeUndefined();
  });

  it('end a build whose machine never becomes ready after 300 s, and the worker is free', async () => {
    const id = await c2(site).submit({ source: aProject() });
    const worker = await startW3(site);
    const { job } = await polled(worker);
    const running = worker.run(job, { boot: async () => {}, buildMs: 0, finish: async () => {} });
    await expect(running).rejects.toThrow('did not become ready');
    expect(await c2(site).status(id)).toMatchObject({ status: 'failed' });
    const next = await c2(site).submit({ source: aProject() });
    expect((await worker.poll())?.id).toBe(next);
    await c1(site).cancel(next);
  });

  it('start again with their id after a crash: what was held waits at once, and the one token is a new one', async () => {
    const id = await c2(site).submit({ source: aProject() });
    const worker = await startW3(site);
    await worker.poll();
    const again = await startW3(site, { id: worker.id() ?? '' });
    expect(again.id()).toBe(worker.id());
    expect(again.token()).not.toBe(worker.token());
    expect((await again.poll())?.id).toBe(id);
    expect(await again.unregister('')).toMatchObject({ builds_reassigned: 1 });
    const other = await startW3(site);
    expect((await other.poll())?.id).toBe(id);
    await other.abandon(id);
    expect(await c2(site).status(id)).toMatchObject({ status: 'pending' });
    await c1(site).cancel(id);
  });

  it('register again under their id when a token is too old, and poll on', async () => {
    const worker = await startW3(site);
    const id = worker.id();
    await site.pause(3 * 3_600_000);
    expect(await worker.poll()).toBeUndefined();
    const build = await c2(site).submit({ source: aProject() });
    expect((await worker.poll())?.id).toBe(build);
    expect(worker.id()).toBe(id);
    await worker.unregister();
    await c1(site).cancel(build);
  });

  it('leave no secret in any line that the controller logs', async () => {
    const id = await c2(site).submit({ source: aProject() });
    const worker = await startW3(site);
    const { job, vm } = await polled(worker);
    const token = await vm.authenticate();
    await vm.ready();
    const beat = await worker.vmToken(id);
    await worker.beat(id, beat);
    await vm.log(['hello']);
    await vm.artifact(randomBytes(10));
    const events = JSON.stringify(loggedEvents());
    for (const secret of [site.apiKey, worker.token(), job.otp ?? '', token, beat])
      expect(events).not.toContain(secret);
    expect(events).toContain(id);
  });
});

describe.each([
  ['W1', startW1],
  ['W2', startW2],
] as const)(
  '%s with V1 and H1, the first Mac apps, the scripts in their machine and the monitor beside it',
  (_name, start) => {
    it(
      'build for two hours: telemetry by the shared key keeps the build, one line of log a call',
      async () => {
        const id = await c1(site).submit({ source: aProject() });
        const worker = await start(site);
        expect((await worker.poll())?.id).toBe(id);
        const vm = v1(site, worker.id, id);
        await vm.telemetry('monitor_started', { interval_seconds: 30 });
        for (let ms = 0; ms < TWO_HOURS_MS; ms += BEAT_MS) {
          const metrics = { cpu_percent: 250, memory_mb: 2048, disk_percent: 40, processes: 99 };
          await vm.telemetry('heartbeat', {
            heartbeat_count: 1,
            stage: 'building',
            metrics,
            uptime_seconds: ms / 1000,
          });
          await site.pause(BEAT_MS);
        }
        await vm.log('Compiling');
        await vm.log('a "quote" and \u001b[31mred\u001b[0m');
        const lines = await c1(site).logs(id);
        expect(lines[1]).toBe('Compiling');
        expect(lines.at(-1)).toMatch(/quote/);
        const result = randomBytes(2_000);
        await worker.upload(id, { result });
        expect((await c1(site).download(id)).bytes.equals(result)).toBe(true);
        expect((await site.controller.buildItem(id)).attempt).toBe(1);
      },
      LONG,
    );

    it('are not taken for alive by what the monitor says, which anybody could', async () => {
      const id = await c1(site).submit({ source: aProject() });
      const worker = await start(site);
      await worker.poll();
      const vm = v1(site, worker.id, id);
      await vm.telemetry('heartbeat', { heartbeat_count: 1, stage: 'building', metrics: {}, uptime_seconds: 30 });
      expect(await h1(site, worker.id, id, 40)).toBe(40);
      expect(await c1(site).status(id)).toMatchObject({ status: 'pending' });
      await c1(site).cancel(id);
    });
  },
);
