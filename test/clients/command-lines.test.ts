import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestWorker } from '../support/controller.ts';
import { c1 } from './c1.ts';
import { c2 } from './c2.ts';
import { type LossyFront, startLossyFront } from './lossy-front.ts';
import { aProject, openSite, type TestSite } from './site.ts';

let site: TestSite;
let front: LossyFront;
beforeAll(async () => {
  site = await openSite();
  front = await startLossyFront(site.url);
});
afterAll(async () => {
  await front.close();
  await site.close();
});

/** Nothing may wait for the next test's worker. */
afterEach(async () => {
  for (const { id, sk, state } of await site.controller.items()) {
    if (sk !== 'BUILD' || state !== 'pending') continue;
    await site.controller.request('POST', `/api/builds/${id}/cancel`, { headers: site.controller.key });
  }
});

async function workerFor(id: string): Promise<TestWorker> {
  const worker = await site.controller.register('mac');
  expect((await site.controller.poll(worker)).body.job.id).toBe(id);
  await site.controller.heartbeat(worker, id);
  return worker;
}

const say = (worker: TestWorker, id: string, ...lines: string[]) =>
  site.controller.request('POST', `/api/builds/${id}/logs`, {
    headers: site.controller.as(worker),
    json: { logs: lines.map((message) => ({ level: 'info', message })) },
  });

describe.each([
  ['C1', c1],
  ['C2', c2],
] as const)('%s, the old command line', (_name, generation) => {
  it('submits a ZIP that it calls tar.gz, lists, follows the log, watches, and downloads the result', async () => {
    const cli = generation(site);
    const source = aProject();
    const id = await cli.submit({ source });
    expect(await cli.status(id)).toMatchObject({ id, status: 'pending' });
    expect((await cli.list())[0]).toMatchObject({ id, status: 'pending' });

    const worker = await workerFor(id);
    const given = await fetch(`${site.url}/api/builds/${id}/source`, { headers: site.controller.as(worker) });
    expect(Buffer.from(await given.arrayBuffer()).equals(source)).toBe(true);
    const result = randomBytes(2_000);
    // More than the hundred lines that one of the old controllers stopped at: the follower counts from the first one.
    const compiling = [0, 1, 2].map((batch) =>
      Array.from({ length: 50 }, (_, line) => `Compiling ${batch * 50 + line}`),
    );
    const events = [
      () => say(worker, id, 'Installing pods'),
      ...compiling.map((lines) => () => say(worker, id, ...lines)),
      () => site.controller.complete(worker, id, result),
    ];
    const shown = await cli.followLogs(id, async () => {
      await site.controller.heartbeat(worker, id);
      await events.shift()?.();
    });
    expect(shown).toEqual(['Build submitted', 'Installing pods', ...compiling.flat()]);

    expect(await cli.watch(id)).toMatchObject({ status: 'completed', error_message: null });
    const [listed] = await cli.list();
    expect(listed).toMatchObject({ id, status: 'completed' });
    const file = await cli.download(id);
    expect(file.bytes.equals(result)).toBe(true);
    expect(file.headers.get('content-disposition')).toContain(`${id}.ipa`);
  });

  it('cancels with a content type and no body, and sees a failed build that says it was cancelled', async () => {
    const cli = generation(site);
    const id = await cli.submit({ source: aProject() });
    await cli.cancel(id);
    await cli.cancel(id);
    expect(await cli.watch(id)).toMatchObject({ status: 'failed', error_message: 'Build cancelled by user' });
    expect(await cli.followLogs(id, async () => {})).toContain('Build submitted');
    expect((await cli.list()).find((build) => build.id === id)).toMatchObject({ status: 'cancelled' });
  });

  it('retries a failed build, as a new one', async () => {
    const cli = generation(site);
    const id = await cli.submit({ source: aProject() });
    const worker = await workerFor(id);
    const report = { build_id: id, success: false, error_message: 'exit 65' };
    await site.controller.request('POST', '/api/workers/result', {
      headers: site.controller.as(worker),
      json: report,
    });
    expect(await cli.watch(id)).toMatchObject({ status: 'failed', error_message: 'exit 65' });
    const again = await cli.retry(id);
    expect(again).not.toBe(id);
    expect(await cli.status(again)).toMatchObject({ status: 'pending' });
    expect((await cli.logs(again))[0]).toBe(`Build submitted (retry of ${id})`);
  });

  it('reads the build of another with the key alone', async () => {
    const id = await generation(site).submit({ source: aProject() });
    const other = generation(site);
    expect(await other.status(id)).toMatchObject({ id });
    expect(await other.logs(id)).toEqual(['Build submitted']);
  });
});

describe('a submit whose answers get lost', () => {
  const builds = async () => (await site.controller.items()).filter(({ sk }) => sk === 'BUILD').length;

  it('C1 gives up after 30 s without headers and sends it three times more: one build', async () => {
    const before = await builds();
    front.lost.length = 0;
    front.lose(3, 'silence');
    const cli = c1({ ...site, url: front.url, patience: front.patience });
    const id = await cli.submit({ source: aProject() });
    expect(front.lost).toEqual([200, 200, 200]);
    expect((await builds()) - before).toBe(1);
    expect(await c1(site).status(id)).toMatchObject({ status: 'pending' });
  });

  it('C2 sends it ten times more over 17 minutes after broken connections: one build, and the last token is good', async () => {
    const before = await builds();
    front.lost.length = 0;
    front.lose(10, 'breaks');
    const cli = c2({ ...site, url: front.url });
    const id = await cli.submit({ source: aProject() });
    expect(front.lost).toHaveLength(10);
    expect((await builds()) - before).toBe(1);
    expect(await cli.logs(id)).toEqual(['Build submitted']);
  });
});
