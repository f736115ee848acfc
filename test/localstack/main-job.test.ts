import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deployedController } from './deployed.ts';

describe('the main job, on the deployed functions', () => {
  it('takes a build, assigns it to one of two workers, and serves the bytes of its result', async () => {
    const controller = deployedController();
    const workers = [await controller.register('one'), await controller.register('two')];
    const build = await controller.submit('ios');
    const polls = await Promise.all(workers.map((worker) => controller.poll(worker)));
    const jobs = polls.map(({ body }) => body.job);
    expect(jobs.filter(Boolean)).toEqual([expect.objectContaining({ id: build.id, attempt: 1 })]);
    const winner = workers[jobs.findIndex(Boolean)];
    if (!winner) throw new Error('nobody got the build');

    const source = await follow(`${controller.url}${jobs.find(Boolean).source_url}`, controller.as(winner));
    expect(source).toEqual(build.source);
    expect((await controller.heartbeat(winner, build.id)).status).toBe(200);
    expect(await controller.status(build.id)).toMatchObject({ status: 'building', worker_id: winner.id });
    const line = { level: 'info', message: 'compiled' };
    const logged = await controller.request('POST', `/api/builds/${build.id}/logs`, {
      headers: controller.as(winner),
      json: line,
    });
    expect(logged.status, logged.text).toBe(200);

    const result = randomBytes(100_000);
    expect((await controller.complete(winner, build.id, result)).status).toBe(200);
    expect(await controller.status(build.id)).toMatchObject({ status: 'completed', result_size: result.length });
    const owner = { authorization: `Bearer ${build.token}`, 'x-build-token': build.token };
    expect(await follow(`${controller.url}/api/builds/${build.id}/download`, owner)).toEqual(result);
    const logs = await controller.request('GET', `/api/builds/${build.id}/logs`, { headers: controller.key });
    expect(logs.text).toContain('compiled');
  });
});

/** As old clients and `curl -L` do: small files come at once, larger ones from where the answer points. */
async function follow(url: string, headers: Record<string, string>): Promise<Buffer> {
  const answer = await fetch(url, { headers, redirect: 'manual' });
  const location = answer.headers.get('location');
  const file = location === null ? answer : await fetch(location);
  if (file.status !== 200) throw new Error(`${url} answered ${file.status}: ${await file.text()}`);
  return Buffer.from(await file.arrayBuffer());
}
