import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { type Controller, startController } from '../support/controller.ts';

/** The commands that tell of a build's past, against the real controller. */
let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const cli = (...args: string[]) =>
  runInside(args, {
    env: { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey },
    cwd: process.cwd(),
  });

async function failedTwice(): Promise<{ id: string; workers: string[] }> {
  const build = await controller.submit();
  const first = await controller.register('mac-1');
  await controller.poll(first);
  await controller.heartbeat(first, build.id);
  const past = Date.now() - 60_000;
  await controller.tamperBuild(build.id, { leaseUntil: past, dueAt: past });
  await controller.stack.runSchedule();
  const second = await controller.register('mac-2');
  await controller.poll(second);
  const json = { build_id: build.id, success: false, error_message: 'tests failed' };
  await controller.request('POST', '/api/workers/result', { headers: controller.as(second), json });
  return { id: build.id, workers: [first.id, second.id] };
}

it('tells a build’s story: who had it, why it went on, how it ended', async () => {
  const { id, workers } = await failedTwice();
  const { code, out } = await cli('why', id);
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.replace(/^ +\d+:\d\d:\d\d {2}/, ''))).toEqual([
    'submitted',
    `attempt 1: assigned to worker ${workers[0]} (mac-1)`,
    `attempt 1: worker ${workers[0]} began to work`,
    `attempt 1: taken back by the sweep: worker ${workers[0]} stopped answering`,
    `attempt 2: assigned to worker ${workers[1]} (mac-2)`,
    `attempt 2: failed by worker ${workers[1]}: tests failed`,
    '',
    'It failed after 2 of at most 3 attempts: tests failed',
    '',
  ]);
  const json = JSON.parse((await cli('--json', 'why', id)).out);
  expect(json).toMatchObject({ build_id: id, state: 'failed' });
  expect(json.events).toHaveLength(6);
});

it('tries a failed build again, and says so in both stories', async () => {
  const { id } = await failedTwice();
  const retried = await cli('retry', id);
  expect(retried.code).toBe(0);
  expect((await cli('why', id)).out).toContain(`tried again as ${retried.out.trim()}`);
  expect((await cli('why', retried.out.trim())).out).toContain(`submitted (retry of ${id})`);
});

it('says of a build that waits that its platform is paused, and why', async () => {
  const { id } = await controller.submit();
  expect((await cli('why', id)).out).toContain('It waits for a worker.');
  expect(await cli('queues', 'pause', 'ios', '--reason', 'Xcode goes in')).toMatchObject({
    code: 0,
    err: 'No more ios builds are handed out\n',
  });
  expect((await cli('why', id)).out).toMatch(
    /^It waits: nothing is handed out for its platform now: Xcode goes in \(since \S+Z\)\.$/m,
  );
  expect((await cli('queues', 'pause', 'ios', '--reason', 'another')).err).toBe(
    'ios was paused before: Xcode goes in\n',
  );
  expect((await cli('queues', 'resume', 'ios')).err).toBe('Builds for ios are handed out again\n');
  expect((await cli('why', id)).out).toContain('It waits for a worker.');
  const long = { code: 0, err: 'No more ios builds are handed out\n' };
  expect(await cli('queues', 'pause', 'ios', '--reason', ` Xcode\n${'goes in '.repeat(30)}`)).toMatchObject(long);
  await cli('queues', 'resume', 'ios');
  expect(await cli('queues', 'pause', 'windows', '--reason', 'x')).toMatchObject({ code: 2 });
  expect(await cli('queues', 'pause', 'ios')).toMatchObject({ code: 2 });
});

it('shows the queues: what waits since when, what runs, who is there, for what nobody is, and why nothing is handed out', async () => {
  const since = Date.now() - 3_600_000;
  const { id } = await controller.submit('android');
  await controller.tamperBuild(id, { queuedAt: since, labels: ['signing'] });
  await cli('queues', 'pause', 'android', '--reason', 'a new SDK');
  const shown = async () => (await cli('queues')).out;
  const iso = new Date(since).toISOString();
  // What is counted may be some seconds old.
  await expect.poll(shown, { timeout: 15_000, interval: 500 }).toContain(`waiting since ${iso}`);
  const lines = (await shown()).split('\n');
  expect(lines.find((line) => line.startsWith('android'))).toMatch(
    /^android {2}\d+ waiting since \S+ {2}\d+ running {2}\d+ idle and \d+ building workers? {2}no worker for \d+$/,
  );
  expect(lines.find((line) => line.includes('paused'))).toMatch(/^ +paused since \S+Z by root: a new SDK$/);
  const [, android] = JSON.parse((await cli('--json', 'queues')).out);
  expect(android).toMatchObject({ platform: 'android', paused: { reason: 'a new SDK', by: 'root' } });
  await cli('queues', 'resume', 'android');
  await controller.request('POST', `/api/builds/${id}/cancel`, { headers: controller.key });
});

it('exits 4 for a build that is not there', async () => {
  expect((await cli('why', 'nothing')).code).toBe(4);
});

it('shows the workers: state, platforms, when they were seen, what they hold', async () => {
  const android = await controller.register('droid', ['android', 'ios']);
  await controller.submit('android');
  const build = (await controller.poll(android)).body.job;
  const { code, out } = await cli('workers');
  expect(code).toBe(0);
  const line = out.split('\n').find((each) => each.startsWith(android.id));
  expect(line).toMatch(new RegExp(`^\\S+  building     ios,android  \\S+Z  ${build.id}  droid$`));
  const listed = JSON.parse((await cli('--json', 'workers')).out);
  expect(listed.find(({ id }: { id: string }) => id === android.id)).toMatchObject({ current_build_id: build.id });
});
