import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { changeEnvironment, deployedController, until } from './deployed.ts';

const SHORT_LEASES = { FIRST_LEASE_SECONDS: '3', LEASE_SECONDS: '3' };

/** The schedule runs each minute, and an emulator may take its time to notice that one has passed. */
const SWEPT_WITHIN_SECONDS = 150;

describe('a worker that is lost', () => {
  const restore: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const leasing = FUNCTIONS.filter(({ env }) => env.includes('LEASE_SECONDS'));
    for (const { file } of leasing) restore.push(await changeEnvironment(file, SHORT_LEASES));
  });
  afterAll(async () => {
    for (const putBack of restore) await putBack();
  });

  it('loses its build to the next worker, by the deployed sweep alone', { timeout: 200_000 }, async () => {
    const controller = deployedController();
    const lost = await controller.register('lost', ['android']);
    const build = await controller.submit('android');
    expect((await controller.poll(lost)).body.job).toMatchObject({ id: build.id, attempt: 1 });
    expect((await controller.heartbeat(lost, build.id)).status).toBe(200);

    const requeued = await until('the sweep takes the build back', SWEPT_WITHIN_SECONDS, async () => {
      const seen = await controller.status(build.id);
      return seen.status === 'pending' ? seen : undefined;
    });
    expect(requeued).toMatchObject({ spent_attempts: 1, worker_id: null });

    const next = await controller.register('next', ['android']);
    const job = await until('the next worker is told', 40, async () => (await controller.poll(next)).body.job);
    expect(job).toMatchObject({ id: build.id, attempt: 2 });
    // What the lost one says now is of an attempt that is over.
    expect((await controller.heartbeat(lost, build.id)).status).toBe(409);
    expect((await controller.complete(next, build.id)).status).toBe(200);
    expect(await controller.status(build.id)).toMatchObject({ status: 'completed', attempt: 2 });
  });
});
