import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fastClock } from '../support/client-clock.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { runInside } from '../support/cli.ts';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';

/** Labels and priority from the command line, against the real controller. */
let controller: FaultyController;
beforeAll(async () => {
  controller = await startFaultyController();
});
beforeEach(() => controller.reset());
afterAll(() => controller.close());

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const home = await temporaryFolder({});
  const own = { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey, PATH: process.env['PATH'] };
  return runInside(args, { env: { ...own, HOME: home, ...env }, cwd: home });
}

async function submitted(...flags: string[]): Promise<string> {
  const folder = await temporaryFolder({ 'a.ts': `${Math.random()}` });
  const { code, out, err } = await cli(['submit', folder, '--platform', 'ios', ...flags]);
  expect(code, err).toBe(0);
  return out.trim();
}
const lastLine = async (id: string, env?: NodeJS.ProcessEnv) =>
  (await cli(['why', id], env)).out.trim().split('\n').at(-1);

it('submit --label and --priority ask for them, however often and by whatever way', async () => {
  const build = await submitted('--label', 'signing', '--label', 'xcode=26,m3', '--priority', '5');
  expect(await controller.status(build)).toMatchObject({ labels: ['m3', 'signing', 'xcode=26'], priority: 5 });
  const { out } = await cli(['status', build]);
  expect(out).toMatch(/^labels {4}m3, signing, xcode=26\npriority {2}5$/m);
  const story = (await cli(['why', build])).out;
  expect(story).toContain('submitted (for a worker with m3, signing, xcode=26; priority 5)');
  const folder = await temporaryFolder({ 'a.ts': 'by the environment' });
  const env = { BUILDLATCH_SUBMIT_LABEL: 'signing,m3', BUILDLATCH_SUBMIT_PRIORITY: '2' };
  const second = await cli(['submit', folder, '--platform', 'ios'], env);
  expect(await controller.status(second.out.trim())).toMatchObject({ labels: ['m3', 'signing'], priority: 2 });
});

it('what is no label is refused by the controller’s own words, what is no priority before anything is sent', async () => {
  const folder = await temporaryFolder({ 'a.ts': 'a' });
  const label = await cli(['submit', folder, '--platform', 'ios', '--label', 'Signing']);
  expect([label.code, label.err]).toEqual([expect.any(Number), expect.stringContaining('labels must be at most 5 of')]);
  const calls = await controller.callsOf(async () => {
    const { code, err } = await cli(['submit', folder, '--platform', 'ios', '--priority', '11']);
    expect([code, err]).toEqual([2, expect.stringContaining('Not a whole number from 0 to 10.')]);
  });
  expect(calls).toEqual({ dynamodb: {}, sqs: {}, s3: {} });
});

it('worker --label takes the build that asks for it, and workers shows them', async () => {
  const build = await submitted('--label', 'signing');
  const command = ['--command', 'echo done > out.txt', '--artifact', 'out.txt', '--min-free-disk', '1MB'];
  const flags = ['--platform', 'ios', '--label', 'signing', '--label', 'm3', '--name', 'mac', '--once', ...command];
  const home = await temporaryFolder({});
  const env = {
    BUILDLATCH_URL: controller.url,
    BUILDLATCH_API_KEY: controller.apiKey,
    PATH: process.env['PATH'],
    HOME: home,
  };
  const args = ['worker', ...flags, '--work-dir', home];
  const { code, err } = await runInside(args, { env, cwd: home, clock: fastClock(20) });
  expect(code, err).toBe(0);
  expect(await controller.status(build)).toMatchObject({ state: 'completed' });
});

it('workers shows the labels of those that have some', async () => {
  const mac = await controller.register('mac', ['ios'], { labels: ['signing', 'm3'] });
  const bare = await controller.register('bare');
  const { out } = await cli(['workers']);
  const lineOf = (id: string) => out.split('\n').find((line) => line.startsWith(id));
  expect(lineOf(mac.id)).toMatch(/ {2}mac {2}\[m3 signing\]$/);
  expect(lineOf(bare.id)).toMatch(/ {2}bare$/);
});

it('why says that no worker online has the labels, and who it waits for once there are some', async () => {
  const build = await submitted('--label', 'signing', '--label', 'm3');
  await controller.register('mac', ['ios'], { labels: ['signing'] });
  await controller.register('droid', ['android'], { labels: ['signing', 'm3'] });
  const gone = await controller.register('gone', ['ios'], { labels: ['signing', 'm3'] });
  await controller.tamperWorker(gone.id, { lastSeenAt: Date.now() - 3_600_000 });
  expect(await lastLine(build)).toBe('It waits: no worker online has the labels m3, signing.');
  await controller.register('able', ['ios'], { labels: ['x', 'm3', 'signing'] });
  expect(await lastLine(build)).toBe('It waits for the one worker online with the labels m3, signing.');
  await controller.register('able', ['ios'], { labels: ['m3', 'signing'] });
  expect(await lastLine(build)).toBe('It waits for one of 2 workers online with the labels m3, signing.');
  const { body } = await controller.request('POST', '/api/keys', {
    headers: controller.key,
    json: { name: 'ci', scopes: ['submit'] },
  });
  const own = await cli(['submit', await temporaryFolder({ 'a.ts': 'b' }), '--platform', 'ios', '--label', 'm3'], {
    BUILDLATCH_API_KEY: body.key,
  });
  const seen = await lastLine(own.out.trim(), { BUILDLATCH_API_KEY: body.key });
  expect(seen).toBe('It waits for a worker with the labels m3.');
});
