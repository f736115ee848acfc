import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Controller, startController, type TestBuild } from '../support/controller.ts';

const DAY_MS = 86_400_000;

let controller: Controller;
let aheadMs = 0;

beforeAll(async () => {
  controller = await startController({ clock: () => Date.now() + aheadMs });
});
beforeEach(() => {
  aheadMs = 0;
});
afterAll(() => controller.close());

/** What the schedule removes when this many days have passed. */
async function passDays(days: number): Promise<void> {
  aheadMs = days * DAY_MS;
  await controller.stack.runSchedule();
  aheadMs = 0;
}

async function completed(): Promise<TestBuild> {
  const worker = await controller.register();
  const build = await controller.submit();
  expect((await controller.poll(worker)).body.job.id).toBe(build.id);
  expect((await controller.complete(worker, build.id)).status).toBe(200);
  return build;
}

const get = (path: string, headers: Record<string, string> = controller.key) =>
  controller.request('GET', path, { headers });
const retry = ({ id }: TestBuild) =>
  controller.request('POST', `/api/builds/${id}/retry`, { headers: controller.key, json: {} });
const filesOf = (bucket: string) => readdirSync(join(controller.dataDir, 's3/objects', bucket), { recursive: true });

describe('on one machine', () => {
  it('a source is kept 14 days, for retries, and then gone', async () => {
    const build = await completed();
    await passDays(13.9);
    const kept = await retry(build);
    expect(kept.status).toBe(200);
    const cancelled = await controller.request('POST', `/api/builds/${kept.body.id}/cancel`, {
      headers: controller.key,
      json: {},
    });
    expect(cancelled.status).toBe(200);
    await passDays(14.1);
    const refused = await retry(build);
    expect([refused.status, refused.body.code]).toEqual([400, 'source_gone']);
    expect(filesOf(controller.stack.buckets.sources)).toEqual([]);
    expect((await get(`/api/builds/${build.id}/status`)).body.status).toBe('completed');
  });

  it('a result is kept 30 days, and then gone, whatever its record says', async () => {
    const build = await completed();
    await passDays(29.9);
    expect((await get(`/api/builds/${build.id}/download`)).status).toBe(200);
    await passDays(30.1);
    const gone = await get(`/api/builds/${build.id}/download`);
    expect([gone.status, gone.body.code]).toEqual([404, 'result_not_found']);
    expect(filesOf(controller.stack.buckets.results)).toEqual([]);
  });

  it('the record of a build is kept 90 days after its end, with its log and its events, and then gone', async () => {
    const build = await completed();
    const records = async () => (await controller.items()).filter(({ pk }) => pk === `BUILD#${build.id}`);
    const before = await records();
    expect(before.length).toBeGreaterThan(1);
    await passDays(89.9);
    expect(await records()).toEqual(before);
    await passDays(90.1);
    expect(await records()).toEqual([]);
    expect((await get(`/api/builds/${build.id}/status`)).status).toBe(404);
  });

  it('a build that has not ended keeps its source, its record and its place, however old it is', async () => {
    const worker = await controller.register('android', ['android']);
    const [held, waiting] = [await controller.submit('android'), await controller.submit('android')];
    expect((await controller.poll(worker)).body.job.id).toBe(held.id);
    await passDays(20);
    const source = await get(`/api/builds/${held.id}/source`, controller.as(worker));
    expect([source.status, source.text.length]).toEqual([200, expect.any(Number)]);
    expect((await controller.complete(worker, held.id)).status).toBe(200);
    expect((await controller.poll(worker)).body.job.id).toBe(waiting.id);
    // Its end is what it was kept for.
    await passDays(20);
    expect((await retry(held)).body.code).toBe('source_gone');
    expect((await get(`/api/builds/${waiting.id}/source`, controller.as(worker))).status).toBe(200);
  });
});
