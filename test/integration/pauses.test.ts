import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advance, backToPresent } from '../history/time-travel.ts';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import type { TestBuild, TestWorker } from '../support/controller.ts';

/** What an environment that knows of no pause asks anew before a grant, and what it knows of one (`remembered-pauses.ts`). */
const BEFORE_GRANT_MS = 1_000;
const WHILE_PAUSED_MS = 5_000;

let controller: FaultyController;
beforeAll(async () => {
  controller = await startFaultyController();
});
beforeEach(async () => {
  await controller.reset();
  advance(WHILE_PAUSED_MS);
});
afterAll(async () => {
  backToPresent();
  await controller.close();
});

const post = (path: string, json?: object, headers: Record<string, string> = controller.key) =>
  controller.request('POST', path, { headers, ...(json && { json }) });
const get = async (path: string) => (await controller.request('GET', path, { headers: controller.key })).body;
const pause = (platform = 'ios', reason = 'an update') => post(`/api/queues/${platform}/pause`, { reason });
const resume = (platform = 'ios') => post(`/api/queues/${platform}/resume`);
const jobOf = async (worker: TestWorker) => (await controller.poll(worker)).body.job;

async function queueOf(platform: string) {
  advance(WHILE_PAUSED_MS);
  const { queues } = await get('/api/queues');
  return queues.find((queue: { platform: string }) => queue.platform === platform);
}

describe('a paused platform', () => {
  it('hands out nothing, takes submits, lets what runs go on, and hands out everything afterwards', async () => {
    const [first, worker] = [await controller.submit(), await controller.register()];
    expect((await jobOf(worker)).id).toBe(first.id);
    const { status, body } = await pause('ios', ' Xcode 27\u0007 goes in ');
    const paused = { reason: 'Xcode 27  goes in', since: expect.any(Number), by: 'root' };
    expect([status, body]).toEqual([200, { platform: 'ios', paused }]);
    advance(BEFORE_GRANT_MS);
    const [second, free] = [await controller.submit(), await controller.register()];
    const answer = (await controller.poll(free)).body;
    expect(answer).toMatchObject({ job: null });
    expect(answer.next_poll_ms).toBeGreaterThanOrEqual(24_000);
    // What it has not begun is given to it again, and its end is taken.
    expect((await jobOf(worker)).id).toBe(first.id);
    expect((await controller.heartbeat(worker, first.id)).status).toBe(200);
    expect((await controller.complete(worker, first.id)).status).toBe(200);
    expect(await queueOf('ios')).toMatchObject({ waiting: 1, running: 0, paused: body.paused });
    expect(await get(`/api/builds/${second.id}/queue`)).toMatchObject({
      paused: { reason: paused.reason, since: body.paused.since },
      starts_in_ms: null,
    });
    expect((await resume()).body).toEqual({ platform: 'ios', paused: null });
    advance(WHILE_PAUSED_MS);
    expect((await jobOf(free)).id).toBe(second.id);
  });

  it('is one platform: a worker for both is given builds of the other', async () => {
    const [ios, android] = [await controller.submit('ios'), await controller.submit('android')];
    await pause();
    advance(BEFORE_GRANT_MS);
    const [one, two] = [
      await controller.register('a', ['ios', 'android']),
      await controller.register('b', ['ios', 'android']),
    ];
    expect((await jobOf(one)).id).toBe(android.id);
    const answer = (await controller.poll(two)).body;
    expect(answer.job).toBeNull();
    expect(answer.next_poll_ms).toBeLessThan(3_000);
    await resume();
    advance(WHILE_PAUSED_MS);
    expect((await jobOf(two)).id).toBe(ios.id);
  });

  it('holds back what asked for labels, which has no message', async () => {
    const build = await controller.submit();
    await controller.tamperBuild(build.id, { labels: ['signing'], rank: Date.now(), waitPartition: 'ios#signing' });
    await controller.purge('ios');
    const worker = await controller.register('mac', ['ios'], { labels: ['signing'] });
    await pause();
    advance(BEFORE_GRANT_MS);
    expect(await jobOf(worker)).toBeNull();
    await resume();
    advance(WHILE_PAUSED_MS);
    expect((await jobOf(worker)).id).toBe(build.id);
  });

  it('stays so for who pauses or resumes again, and takes no reason that is none', async () => {
    const { body } = await pause();
    expect((await pause('ios', 'another reason')).body).toEqual(body);
    for (const json of [{}, { reason: '' }, { reason: '\n' }, { reason: 5 }]) {
      expect((await post('/api/queues/ios/pause', json)).status).toBe(400);
    }
    expect((await post('/api/queues/windows/pause', { reason: 'x' })).status).toBe(400);
    for (const _ of [1, 2]) expect((await resume()).body).toEqual({ platform: 'ios', paused: null });
    expect((await resume('android')).status).toBe(200);
  });

  it('is known to be so by a key that reads, with the id of the key that paused it', async () => {
    const made = async (scopes: string[]) => (await post('/api/keys', { name: 'k', scopes })).body;
    const [admin, reader] = [await made(['admin']), await made(['read'])];
    await post('/api/queues/android/pause', { reason: 'a key of its own' }, { 'x-api-key': admin.key });
    advance(WHILE_PAUSED_MS);
    const headers = { 'x-api-key': reader.key };
    const { body } = await controller.request('GET', '/api/queues', { headers });
    expect(body.queues[1].paused).toMatchObject({ by: admin.id });
    expect((await post('/api/queues/android/resume', {}, headers)).status).toBe(403);
  });
});

describe('what it costs', () => {
  it('no read for a poll that finds nothing, and one each five seconds while it is paused; no message is received', async () => {
    const worker = await controller.register();
    await controller.poll(worker);
    const calls = () => controller.callsOf(() => controller.poll(worker));
    expect(await calls()).toEqual({ dynamodb: { GetItem: 1 }, sqs: { ReceiveMessage: 1 }, s3: {} });
    await controller.submit();
    await pause();
    advance(BEFORE_GRANT_MS);
    // This one learns of it.
    expect((await calls()).sqs).toEqual({ ReceiveMessage: 1, ChangeMessageVisibility: 1 });
    for (const reads of [1, 1]) {
      expect(await calls()).toEqual({ dynamodb: { GetItem: reads }, sqs: {}, s3: {} });
    }
    advance(WHILE_PAUSED_MS);
    for (const reads of [2, 1]) {
      expect(await calls()).toEqual({ dynamodb: { GetItem: reads }, sqs: {}, s3: {} });
    }
  });

  it('the queues cost what counts them once in five seconds, however many ask', async () => {
    advance(WHILE_PAUSED_MS);
    const ask = () =>
      controller.callsOf(() => Promise.all([get('/api/queues'), get('/api/queues'), get('/api/queues')]));
    const { dynamodb } = await ask();
    expect(dynamodb).toMatchObject({ Query: 3, GetItem: 6 });
    // Whether they are paused is read for each who asks: who has just paused one sees it.
    expect((await ask()).dynamodb).toEqual({ GetItem: 6 });
  });
});

describe('a pause that comes while many poll', () => {
  it('loses no build and grants none afterwards, round by round', async () => {
    const workers: TestWorker[] = [];
    for (let at = 0; at < 8; at++) workers.push(await controller.register(`mac ${at}`));
    const builds: TestBuild[] = [];
    for (let at = 0; at < 24; at++) builds.push(await controller.submit());
    const finish = async () => {
      for (const worker of workers) {
        const { currentBuildId } = await controller.workerItem(worker.id);
        if (currentBuildId) await controller.complete(worker, currentBuildId);
      }
    };
    for (let round = 0; round < 3; round++) {
      await Promise.all([...workers.map((worker) => jobOf(worker)), pause()]);
      await finish();
      // The bound: what was let pass before may be a second old.
      advance(BEFORE_GRANT_MS);
      expect(await Promise.all(workers.map((worker) => jobOf(worker)))).toEqual(workers.map(() => null));
      await resume();
      // By then every environment knows of it, and what was put off is back.
      advance(WHILE_PAUSED_MS + 1_000);
    }
    for (let turns = 0; turns < 5; turns++) {
      await Promise.all(workers.map((worker) => jobOf(worker)));
      await finish();
      advance(1_000);
    }
    const states = await Promise.all(builds.map(async ({ id }) => (await controller.status(id)).state));
    expect(states).toEqual(builds.map(() => 'completed'));
    expect(await controller.depth('deadLetters')).toEqual({ waiting: 0, hidden: 0 });
  });
});
