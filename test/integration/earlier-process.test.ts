import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';

/** Two processes under one worker's id, of which the old one names no attempt, as the old controller's clients do. */
let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const again = (worker: TestWorker, more: object = {}) =>
  controller.register('mac', ['android'], { id: worker.id, ...more });
const post = (path: string, worker: TestWorker, json: object = {}) =>
  controller.request('POST', path, { headers: controller.as(worker), json });
const unregister = (worker: TestWorker) => post('/api/workers/unregister', worker);

it('the old one is refused in the attempt that its successor was given, and the successor is not disturbed', async () => {
  const build = await controller.submit('android');
  const old = await controller.register('mac', ['android']);
  expect((await controller.poll(old)).body.job).toMatchObject({ id: build.id, attempt: 1 });
  const renewed = await again(old, { active_build_count: 0 });
  expect((await controller.poll(renewed)).body.job).toMatchObject({ id: build.id, attempt: 2 });

  const answers = [
    await controller.heartbeat(old, build.id),
    await controller.complete(old, build.id, randomBytes(50)),
    await post('/api/workers/fail', old, { build_id: build.id, worker_id: old.id, error: 'it broke' }),
    await post('/api/workers/abandon', old, { build_id: build.id, reason: 'leaving' }),
    await post(`/api/builds/${build.id}/logs`, old, { level: 'info', message: 'still here' }),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [409, 'lease_lost']));
  const source = await controller.request('GET', `/api/builds/${build.id}/source`, { headers: controller.as(old) });
  expect(source.status).toBe(409);

  expect((await controller.heartbeat(renewed, build.id)).status).toBe(200);
  expect((await controller.complete(renewed, build.id, randomBytes(60))).status).toBe(200);
  expect(await controller.status(build.id)).toMatchObject({ status: 'completed', attempt: 2, result_size: 60 });
});

it('what the old one has under way of a build that its successor took over still counts', async () => {
  const build = await controller.submit('android');
  const old = await controller.register('mac', ['android']);
  await controller.poll(old);
  await controller.heartbeat(old, build.id);
  const renewed = await again(old);
  expect((await controller.heartbeat(renewed, build.id)).status).toBe(200);
  expect((await controller.complete(old, build.id, randomBytes(50))).status).toBe(200);
});

it('one that never had the answer to its registration works on with its former token', async () => {
  const old = await controller.register('mac', ['android']);
  await again(old);
  const build = await controller.submit('android');
  expect((await controller.poll(old)).body.job).toMatchObject({ id: build.id });
  expect((await controller.heartbeat(old, build.id)).status).toBe(200);
  const result = randomBytes(50);
  expect((await controller.complete(old, build.id, result)).status).toBe(200);
  expect((await controller.status(build.id)).result_sha256).toBe(createHash('sha256').update(result).digest('hex'));
});

it('the old one is not handed what its successor was given and has not begun yet', async () => {
  const old = await controller.register('mac', ['android']);
  const renewed = await again(old);
  const build = await controller.submit('android');
  const { job } = (await controller.poll(renewed)).body;
  expect(job).toMatchObject({ id: build.id, attempt: 1 });

  const { status, body } = await controller.poll(old);
  expect([status, body.job]).toEqual([200, null]);

  const opened = await controller.request('POST', `/api/builds/${build.id}/authenticate`, { json: { otp: job.otp } });
  expect(opened.status).toBe(200);
  expect((await controller.poll(renewed)).body.job).toMatchObject({ id: build.id, attempt: 1 });
  expect((await controller.complete(renewed, build.id, randomBytes(50))).status).toBe(200);
});

it('the old one leaves without taking its successor with it, nor the build that this one was given', async () => {
  const old = await controller.register('mac', ['android']);
  const renewed = await again(old);
  const build = await controller.submit('android');
  expect((await controller.poll(renewed)).body.job).toMatchObject({ id: build.id, attempt: 1 });
  await controller.heartbeat(renewed, build.id);

  const { status, body } = await unregister(old);
  expect([status, body.builds_reassigned]).toEqual([200, 0]);

  expect((await controller.heartbeat(renewed, build.id)).status).toBe(200);
  expect((await controller.complete(renewed, build.id, randomBytes(50))).status).toBe(200);
  expect(await controller.status(build.id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect((await controller.poll(renewed)).status).toBe(200);
});

it('one that never had the answer to its registration leaves, and its build goes to others', async () => {
  const old = await controller.register('mac', ['android']);
  await again(old);
  const build = await controller.submit('android');
  expect((await controller.poll(old)).body.job).toMatchObject({ id: build.id });
  const { status, body } = await unregister(old);
  expect([status, body.builds_reassigned]).toEqual([200, 1]);
  expect((await controller.poll(old)).status).toBe(401);
  expect((await controller.poll(await controller.register('other', ['android']))).body.job).toMatchObject({
    id: build.id,
  });
});
