import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { c1 } from './c1.ts';
import { e1 } from './e1.ts';
import { startM1 } from './m1.ts';
import { startM2 } from './m2.ts';
import { aProject, openSite, type TestSite } from './site.ts';
import { startW1 } from './w1.ts';
import { startW2 } from './w2.ts';

const TWO_HOURS_MS = 2 * 3_600_000;

let site: TestSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const downloaded = async (id: string) => (await c1(site).download(id)).bytes;

describe.each([
  ['W1', startW1],
  ['W2', startW2],
] as const)('%s, a Mac app', (_name, start) => {
  it('registers, polls, is handed the build again after a lost answer, fetches its source, and uploads', async () => {
    const source = aProject();
    const id = await c1(site).submit({ source });
    const worker = await start(site);
    const lost = await worker.poll();
    const job = await worker.poll();
    expect([lost?.id, job?.id]).toEqual([id, id]);
    expect((await worker.source(job?.source_url ?? '')).equals(source)).toBe(true);
    const result = randomBytes(5_000);
    const answer = await worker.upload(id, { result });
    expect(JSON.parse(answer.text)).toMatchObject({ status: 'success', success: true });
    expect((await downloaded(id)).equals(result)).toBe(true);
    expect(await worker.poll()).toBeUndefined();
  });

  it('reports a failure, and is not told otherwise by the answer', async () => {
    const id = await c1(site).submit({ source: aProject() });
    const worker = await start(site);
    await worker.poll();
    expect(JSON.parse((await worker.upload(id, { error: 'xcodebuild exited with 65' })).text)).toMatchObject({
      status: 'failed',
    });
    expect(await c1(site).status(id)).toMatchObject({ status: 'failed', error_message: 'xcodebuild exited with 65' });
  });

  it('stops, and the build that it held waits again at once', async () => {
    const id = await c1(site).submit({ source: aProject() });
    const worker = await start(site);
    await worker.poll();
    expect((await worker.unregister()).status).toBe(200);
    expect(await c1(site).status(id)).toMatchObject({ status: 'pending' });
    const next = await start(site);
    expect((await next.poll())?.id).toBe(id);
    await next.upload(id, { result: randomBytes(10) });
  });

  it('uploads too late for a build that was cancelled: 200, and nothing changes', async () => {
    const id = await c1(site).submit({ source: aProject() });
    const worker = await start(site);
    await worker.poll();
    await c1(site).cancel(id);
    await worker.upload(id, { result: randomBytes(10) });
    await worker.upload(id, { error: 'late' });
    expect(await c1(site).status(id)).toMatchObject({ status: 'failed', error_message: 'Build cancelled by user' });
  });
});

describe.each([
  ['M1', startM1],
  ['M2', startM2],
] as const)('%s, a mock worker', (_name, start) => {
  it('sends the file before the fields, 25 minutes after it polled and without one heartbeat', async () => {
    const source = aProject();
    const id = await c1(site).submit({ source });
    const worker = await start(site);
    const job = await worker.poll();
    expect(job?.id).toBe(id);
    if (job) expect((await worker.source(job)).bytes.equals(source)).toBe(true);
    await site.pause(25 * 60_000);
    const result = randomBytes(300);
    expect(await worker.upload(id, result)).toMatchObject({ status: 'success' });
    expect((await downloaded(id)).equals(result)).toBe(true);
  });

  it('polls for Android', async () => {
    const { id } = await site.controller.submit('android');
    const [mac, worker] = [await start(site), await start(site, 'android')];
    expect(await mac.poll()).toBeNull();
    expect((await worker.poll())?.id).toBe(id);
    await worker.upload(id, randomBytes(10));
  });
});

it('M2 uploads with a token that is two hours old, if its build was kept alive', async () => {
  const id = await c1(site).submit({ source: aProject() });
  const worker = await startM2(site);
  await worker.poll();
  const as = { ...site.controller.key, 'x-worker-id': worker.id };
  for (let ms = 0; ms < TWO_HOURS_MS; ms += 60_000) {
    await site.controller.request('POST', `/api/builds/${id}/heartbeat`, { headers: as, json: {} });
    await site.pause(60_000);
  }
  expect(await worker.upload(id, randomBytes(10))).toMatchObject({ status: 'success' });
  expect(await c1(site).status(id)).toMatchObject({ status: 'completed' });
});

describe('E1, the old shell tests', () => {
  it.each(['key', 'token'] as const)('run to their end, reading with the %s', async (credential) => {
    const worker = await startM1(site);
    const id = await e1(site, credential, async () => {
      const job = await worker.poll();
      await worker.upload(job?.id ?? '', randomBytes(200));
    });
    expect((await downloaded(id)).length).toBe(200);
  });
});
