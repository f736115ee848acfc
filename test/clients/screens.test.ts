import { afterAll, beforeAll, expect, it } from 'vitest';
import { a1 } from './a1.ts';
import { c1 } from './c1.ts';
import { c2 } from './c2.ts';
import { d1 } from './d1.ts';
import { i1 } from './i1.ts';
import { l1 } from './l1.ts';
import { startM1 } from './m1.ts';
import { aProject, openSite, type TestSite } from './site.ts';
import { startW1 } from './w1.ts';

let site: TestSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

it('I1, the installer, finds the controller and registers a Mac that is then given iOS builds; the key is not kept', async () => {
  const id = await i1(site);
  expect(await site.controller.workerItem(id)).toMatchObject({ platforms: ['ios'] });
  expect(JSON.stringify(await site.controller.items())).not.toContain(site.apiKey);
});

it('L1, the landing page, gets seven figures from another origin, and they are true', async () => {
  const waiting = await c1(site).submit({ source: aProject() });
  const cancelled = await c1(site).submit({ source: aProject() });
  await c1(site).cancel(cancelled);
  const worker = await startM1(site);
  expect((await worker.poll())?.id).toBe(waiting);
  await site.pause(90_000);
  await worker.upload(waiting, Buffer.from('result'));
  await c1(site).submit({ source: aProject() });
  await site.pause(15_000);
  const stats = await l1(site);
  expect(stats).toMatchObject({ buildsQueued: 1, activeBuilds: 0, totalBuilds: 1, totalCpuCycles: 0 });
  expect(stats.totalBuildTimeMs).toBeGreaterThanOrEqual(90_000);
  expect(await l1(site, '/public/stats')).toEqual(stats);
});

it('A1, the windows of the Mac app, decode the figures of a worker', async () => {
  const worker = await startW1(site);
  expect(await a1(site, worker.id)).toMatchObject({ totalBuilds: 0, workerName: 'Mac mini', status: 'idle' });
  const job = await worker.poll();
  expect(await a1(site, worker.id)).toMatchObject({ status: 'building' });
  await worker.upload(job?.id ?? '', { result: Buffer.from('x') });
  const stats = await a1(site, worker.id);
  expect(stats).toMatchObject({ totalBuilds: 1, successfulBuilds: 1, failedBuilds: 0, status: 'idle' });
});

it('D1, the Mac app, reports on its machine, and both command lines read it', async () => {
  const worker = await startW1(site);
  const { report, answer } = await d1(site, worker.id);
  expect(answer).toMatchObject({ status: 'stored', id: expect.anything() });
  const { run_at: _theirs, ...rest } = report;
  for (const cli of [c1(site), c2(site)]) {
    const { latest, all } = await cli.doctor(worker.id);
    expect(latest).toMatchObject(rest);
    expect(all).toEqual([latest]);
  }
});
