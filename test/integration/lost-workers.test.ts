import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Controller, startController, type TestWorker } from '../support/controller.ts';
import { loggedEvents } from '../support/quiet.ts';

/** Leases end by writing an old end into the record: the clock is not waited for. */
describe('lost workers', () => {
  let controller: Controller;
  beforeAll(async () => {
    controller = await startController();
  });
  afterAll(() => controller.close());

  async function loseLease(buildId: string): Promise<void> {
    const past = Date.now() - 60_000;
    await controller.tamperBuild(buildId, { leaseUntil: past, dueAt: past });
    await controller.stack.runSchedule();
  }

  const result = (worker: TestWorker, json: object) =>
    controller.request('POST', '/api/workers/result', { headers: controller.as(worker), json });

  it('gives a lost build to another worker at the next attempt, and frees the first', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    await loseLease(build.id);
    expect(await controller.status(build.id)).toMatchObject({ state: 'pending', attempt: 1, worker_id: null });
    expect((await controller.workerItem(worker.id)).currentBuildId).toBeUndefined();

    const other = await controller.register('other');
    expect((await controller.poll(other)).body.job).toMatchObject({ id: build.id, attempt: 2 });
    expect((await controller.complete(other, build.id)).status).toBe(200);
    expect(await controller.status(build.id)).toMatchObject({ state: 'completed', attempt: 2, worker_id: other.id });
  });

  it('lets the first worker change nothing once its lease is lost: not by heartbeat, log, upload, result or failure', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    const json = { size: 10, sha256: 'a'.repeat(64) };
    const headers = controller.as(worker);
    const early = await controller.request('POST', `/api/builds/${build.id}/uploads`, { headers, json });
    await loseLease(build.id);
    const other = await controller.register('other');
    await controller.poll(other);
    const before = await controller.items();

    const line = { level: 'info', message: 'still here' };
    const late = [
      await controller.heartbeat(worker, build.id),
      await controller.request('POST', `/api/builds/${build.id}/logs`, { headers, json: line }),
      await controller.request('POST', `/api/builds/${build.id}/uploads`, { headers, json }),
      await result(worker, { build_id: build.id, success: false }),
      await controller.request('GET', `/api/builds/${build.id}/source`, { headers }),
    ];
    expect(late.map(({ status, body }) => [status, body.code])).toEqual(late.map(() => [409, 'lease_lost']));
    expect(await controller.items()).toEqual(before);

    // Its upload was allowed when it held the lease; the bytes may still arrive, and are nobody's result.
    const bytes = randomBytes(10);
    await fetch(early.body.url, { method: 'PUT', headers: early.body.headers, body: bytes });
    const finish = await result(worker, { build_id: build.id, success: true, upload_id: early.body.upload_id });
    expect(finish.status).not.toBe(200);
    const won = randomBytes(20);
    expect((await controller.complete(other, build.id, won)).status).toBe(200);
    const file = await fetch(`${controller.url}/api/builds/${build.id}/download`, { headers: controller.key });
    expect(Buffer.from(await file.arrayBuffer())).toEqual(won);
  });

  it('answers the old workers’ late form with 200 and changes nothing', async () => {
    const { build, worker } = await controller.assigned();
    await loseLease(build.id);
    await controller.poll(await controller.register('other'));
    const before = await controller.items();
    const form = new FormData();
    form.append('build_id', build.id);
    form.append('worker_id', worker.id);
    form.append('success', 'true');
    form.append('result', new Blob([randomBytes(100)]), 'app.ipa');
    const answer = await controller.request('POST', '/api/workers/upload', { headers: controller.key, body: form });
    expect([answer.status, answer.body.status]).toEqual([200, 'success']);
    expect(await controller.items()).toEqual(before);
    expect(loggedEvents('finish_ignored')).toHaveLength(1);
  });

  it('takes no lease back that a heartbeat has renewed meanwhile', async () => {
    const { build, worker } = await controller.assigned();
    await controller.tamperBuild(build.id, { leaseUntil: Date.now() - 60_000, dueAt: Date.now() - 60_000 });
    expect((await controller.heartbeat(worker, build.id)).status).toBe(200);
    await controller.stack.runSchedule();
    expect(await controller.status(build.id)).toMatchObject({ state: 'building', attempt: 1, worker_id: worker.id });
    await controller.complete(worker, build.id);
  });

  it('fails a build whose third worker is lost too', async () => {
    const { build, worker } = await controller.assigned();
    await loseLease(build.id);
    for (const attempt of [2, 3]) {
      const next = await controller.register(`mac-${attempt}`);
      expect((await controller.poll(next)).body.job).toMatchObject({ id: build.id, attempt });
      await loseLease(build.id);
    }
    expect(await controller.status(build.id)).toMatchObject({
      state: 'failed',
      attempt: 3,
      failure_kind: 'lost_worker',
    });
    expect((await controller.poll(worker)).body.job).toBeNull();
    expect(await controller.depth('ios')).toEqual({ waiting: 0, hidden: 0 });
  });

  it('hands out again what a restarted worker has lost, at the next sweep', async () => {
    const { build, worker } = await controller.assigned();
    await controller.heartbeat(worker, build.id);
    const again = await controller.register('mac', ['ios'], { id: worker.id, active_build_count: 0 });
    expect(again.id).toBe(worker.id);
    await controller.stack.runSchedule();
    expect((await controller.poll(again)).body.job).toMatchObject({ id: build.id, attempt: 2 });
    await controller.complete(again, build.id);
  });

  it('lets a worker that registered again go on with its build, with either token', async () => {
    const { build, worker } = await controller.assigned();
    const again = await controller.register('mac', ['ios'], { id: worker.id });
    expect(again.token).not.toBe(worker.token);
    expect((await controller.heartbeat(again, build.id)).status).toBe(200);
    expect((await controller.heartbeat(worker, build.id)).status).toBe(200);
    expect((await controller.complete(again, build.id)).status).toBe(200);
  });

  it('keeps a worker’s token good for as long as it holds a build', async () => {
    const { build, worker } = await controller.assigned();
    await controller.tamperWorker(worker.id, { tokenExpiresAt: Date.now() - 1 });
    expect((await controller.heartbeat(worker, build.id)).status).toBe(200);
    expect((await controller.poll(worker)).status).toBe(200);
    expect((await controller.complete(worker, build.id)).status).toBe(200);
    expect((await controller.poll(worker)).status, 'ten minutes more').toBe(200);
    await controller.tamperWorker(worker.id, { releasedAt: Date.now() - 601_000 });
    const expired = await controller.poll(worker);
    expect([expired.status, expired.body.code]).toEqual([401, 'worker_token_invalid']);
  });

  it('sends a build whose message was never sent, or was lost', async () => {
    const build = await controller.submit();
    await controller.purge('ios');
    const worker = await controller.register();
    expect((await controller.poll(worker)).body.job).toBeNull();
    await controller.stack.runSchedule();
    expect((await controller.poll(worker)).body.job, 'not due yet').toBeNull();
    await controller.tamperBuild(build.id, { dueAt: Date.now() - 1 });
    await controller.stack.runSchedule();
    expect((await controller.poll(worker)).body.job.id).toBe(build.id);
    await controller.complete(worker, build.id);
  });

  it('fails a waiting build whose message ended among the dead letters, and leaves a running one alone', async () => {
    const waiting = await controller.submit('android');
    const { build: running, worker } = await controller.assigned();
    for (const { id, platform } of [
      { id: waiting.id, platform: 'android' },
      { id: running.id, platform: 'ios' },
    ]) {
      const hint = {
        v: 1,
        buildId: id,
        attempt: 0,
        platform,
        submittedAt: 1,
        sourceSize: 1,
        sourceSha256: 'a'.repeat(64),
      };
      await controller.sendRaw('deadLetters', JSON.stringify(hint));
    }
    await controller.sendRaw('deadLetters', 'not one of ours');
    while ((await controller.stack.pollQueues()) > 0);
    expect(await controller.status(waiting.id)).toMatchObject({ state: 'failed', failure_kind: 'undeliverable' });
    expect(await controller.status(running.id)).toMatchObject({ state: 'assigned' });
    expect(loggedEvents('record_malformed')).toHaveLength(1);
    await controller.complete(worker, running.id);
  });
});
