import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Controller, startController, type TestBuild, type TestWorker } from '../support/controller.ts';

/** A worker's token lives an hour, and as long as the build that it holds, and ten minutes more. */
const MINUTE_MS = 60_000;

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());
beforeEach(() => controller.purge('ios'));

const expireToken = (worker: TestWorker) =>
  controller.tamperWorker(worker.id, { tokenExpiresAt: Date.now() - 1, grantedAt: Date.now() - 61 * MINUTE_MS });
const registerAgain = (worker: TestWorker) => controller.register('again', ['ios'], { id: worker.id });
const post = (worker: TestWorker, path: string, json: object) =>
  controller.request('POST', path, { headers: controller.as(worker), json });

/** All that a worker does with a build, and says at last. */
async function statusesOf(worker: TestWorker, build: TestBuild): Promise<number[]> {
  const beat = await controller.heartbeat(worker, build.id);
  const lines = await post(worker, `/api/builds/${build.id}/logs`, { level: 'info', message: 'a line' });
  const source = await controller.request('GET', `/api/builds/${build.id}/source`, { headers: controller.as(worker) });
  return [beat.status, lines.status, source.status, (await controller.complete(worker, build.id)).status];
}

describe('the token of a worker that holds a build', () => {
  it('does not die in two hours of silence', async () => {
    const { build, worker } = await controller.assigned();
    await expireToken(worker);
    expect(await statusesOf(worker, build)).toEqual([200, 200, 200, 200]);
  });

  it('is good for ten minutes after the build, and then no more', async () => {
    const { build, worker } = await controller.assigned();
    await expireToken(worker);
    expect((await controller.complete(worker, build.id)).status).toBe(200);
    expect((await controller.poll(worker)).status).toBe(200);
    await controller.tamperWorker(worker.id, {
      tokenExpiresAt: Date.now() - 1,
      releasedAt: Date.now() - 10 * MINUTE_MS,
    });
    expect((await controller.poll(worker)).status).toBe(401);
  });

  it('goes on beside the one of a new registration, until both are renewed or the build is over', async () => {
    const { build, worker } = await controller.assigned();
    await expireToken(worker);
    const renewed = await registerAgain(worker);
    expect((await controller.heartbeat(worker, build.id)).status).toBe(200);
    expect((await controller.heartbeat(renewed, build.id)).status).toBe(200);
    expect((await controller.heartbeat(worker, build.id)).status).toBe(200);
    expect(await statusesOf(renewed, build)).toEqual([200, 200, 200, 200]);
  });
});

describe('the token before the last registration', () => {
  it('is good for an hour, even if it had seconds left: the answer with the new one may have been lost', async () => {
    const worker = await controller.register();
    await controller.tamperWorker(worker.id, { tokenExpiresAt: Date.now() + 30_000 });
    await registerAgain(worker);
    const { previousTokenExpiresAt } = await controller.workerItem(worker.id);
    expect(previousTokenExpiresAt - Date.now()).toBeGreaterThan(59 * MINUTE_MS);
    expect((await controller.poll(worker)).status).toBe(200);
    await controller.tamperWorker(worker.id, { previousTokenExpiresAt: Date.now() - 1 });
    expect((await controller.poll(worker)).status).toBe(401);
  });

  it('that was dead already stays dead, and the one before it is gone', async () => {
    const [first, other] = [await controller.register(), await controller.register()];
    await controller.tamperWorker(first.id, { tokenExpiresAt: Date.now() - 1 });
    await registerAgain(first);
    expect((await controller.poll(first)).status).toBe(401);
    await registerAgain(other);
    await registerAgain(other);
    expect((await controller.poll(other)).status).toBe(401);
  });
});

describe('a worker that was made to leave', () => {
  it('has no token any more, and its build goes on elsewhere', async () => {
    const { build, worker: before } = await controller.assigned();
    const worker = await registerAgain(before);
    const path = `/api/workers/${worker.id}/unregister`;
    expect((await controller.request('POST', path, { headers: controller.key })).body.builds_reassigned).toBe(1);
    for (const token of [worker, before]) {
      expect((await controller.poll(token)).status).toBe(401);
      expect(await statusesOf(token, build)).toEqual([401, 401, 401, 401]);
    }
    const next = await controller.register();
    expect((await controller.poll(next)).body.job.id).toBe(build.id);
    expect(await statusesOf(before, build)).toEqual([401, 401, 401, 401]);
  });
});
