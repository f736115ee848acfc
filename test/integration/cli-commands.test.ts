import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runInside } from '../support/cli.ts';
import { startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

let cwd: string;
let home: string;
beforeEach(async () => {
  cwd = await temporaryFolder();
  home = await temporaryFolder();
});

const stranger = () => ({ XDG_CONFIG_HOME: home });
const member = () => ({ ...stranger(), BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey });
const cli = async (args: readonly string[], env: NodeJS.ProcessEnv = member(), input = '') => {
  const ran = await runInside(args, { cwd, env, input });
  expect(ran.out + ran.err).not.toContain(controller.apiKey);
  return ran;
};
const json = async (args: readonly string[]) => JSON.parse((await cli([...args, '--json'])).out);

describe('login', () => {
  it('tries the key, keeps it where only its user can read it, and names the controller from then on', async () => {
    const login = await cli(['login', '--url', `${controller.url}/`], stranger(), `${controller.apiKey}\n`);
    expect(login).toMatchObject({ code: 0, out: '', err: `Logged in to ${controller.url}\n` });
    for (const name of ['credentials.json', 'config.json'])
      expect((await stat(join(home, 'buildlatch', name))).mode & 0o777).toBe(0o600);
    expect(await cli(['list'], stranger())).toMatchObject({ code: 0 });
    const logout = await cli(['logout', '--json'], stranger());
    expect(JSON.parse(logout.out)).toEqual({ url: controller.url, forgotten: true });
    expect(await readFile(join(home, 'buildlatch/credentials.json'), 'utf8')).not.toContain(controller.apiKey);
    expect(await cli(['list'], stranger())).toMatchObject({ code: 3 });
    expect(await cli(['logout'], stranger())).toMatchObject({ code: 0, err: expect.stringMatching(/^No key/) });
  });

  it('takes a key that may do little', async () => {
    const { out: worker } = await cli(['keys', 'create', '--name', 'mac', '--scope', 'work']);
    expect(await cli(['login', '--url', controller.url], stranger(), worker)).toMatchObject({ code: 0 });
  });

  it.each([
    ['a wrong key', 'wrong\n', 3],
    ['none', '', 3],
    ['what is no key', 'two\nlines\n', 2],
  ])('keeps nothing of %s', async (_what, input, code) => {
    expect(await cli(['login', '--url', controller.url], stranger(), input)).toMatchObject({ code, out: '' });
    await expect(stat(join(home, 'buildlatch'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('sends no key to an address that only a project names, where nobody sees which it is', async () => {
    await writeFile(join(cwd, 'buildlatch.json'), JSON.stringify({ cli: { url: controller.url } }));
    const ran = await cli(['login'], stranger(), controller.apiKey);
    expect(ran).toMatchObject({
      code: 2,
      err: expect.stringMatching(/comes from buildlatch.json: name it with --url/),
    });
  });
});

describe('init', () => {
  const written = async () => JSON.parse(await readFile(join(cwd, 'buildlatch.json'), 'utf8'));

  it.each<[string, Record<string, string>, string, string]>([
    [
      'an Expo project',
      { 'package.json': '{"dependencies":{"expo":"54"}}', 'yarn.lock': '' },
      'yarn install --frozen-lockfile && npx --yes eas-cli build --local --non-interactive --platform "$BUILDLATCH_PLATFORM"',
      'build-*.*',
    ],
    [
      'a package with a build script',
      { 'package.json': '{"scripts":{"build":"vite build"}}', 'package-lock.json': '' },
      'npm ci && npm run build',
      'dist',
    ],
  ])('knows %s', async (_kind, files, command, artifact) => {
    cwd = await temporaryFolder(files);
    expect(await cli(['init'], stranger())).toMatchObject({ code: 0, out: `${join(cwd, 'buildlatch.json')}\n` });
    expect(await written()).toEqual({ command, artifact });
  });

  it('writes what it is told, keeps what else is there, and changes nothing unasked', async () => {
    await cli(['init', '--command', 'make', '--artifact', 'out', '--platform', 'ios', '--url', 'https://b.test/']);
    const first = { command: 'make', artifact: 'out', cli: { url: 'https://b.test', submit: { platform: 'ios' } } };
    expect(await written()).toEqual(first);
    expect(await cli(['init', '--command', 'other'])).toMatchObject({ code: 2, err: expect.stringMatching(/--force/) });
    await writeFile(join(cwd, 'buildlatch.json'), JSON.stringify({ ...first, mine: 1 }));
    expect(await cli(['init', '--command', 'other', '--force'], stranger())).toMatchObject({ code: 0 });
    expect(await written()).toEqual({ ...first, command: 'other', mine: 1 });
  });

  it('asks nobody where nobody is: it says what is missing', async () => {
    expect(await cli(['init'])).toMatchObject({ code: 2, err: expect.stringMatching(/--command and --artifact/) });
  });
});

it('list shows what it is asked for, a page at a time or all', async () => {
  const worker = await controller.register('mac', ['android']);
  const ids: string[] = [];
  for (const platform of ['ios', 'android', 'ios']) ids.unshift((await controller.submit(platform)).id);
  await controller.poll(worker);
  const idsOf = async (...args: string[]) => (await json(['list', ...args])).map(({ id }: { id: string }) => id);
  expect(await idsOf('--all')).toEqual(ids);
  expect(await idsOf('--platform', 'android')).toEqual([ids[1]]);
  expect(await idsOf('--state', 'assigned')).toEqual([ids[1]]);
  expect(await idsOf('--worker', worker.id)).toEqual([ids[1]]);
  const page = await cli(['list', '--limit', '2', '--json']);
  const cursor = /--cursor (\S+),/.exec(page.err)?.[1] ?? '';
  expect(JSON.parse(page.out)).toHaveLength(2);
  expect(await idsOf('--limit', '2', '--cursor', cursor)).toEqual([ids[2]]);
  expect(await idsOf('--text', ids[2]?.slice(2) ?? '')).toEqual([ids[2]]);
  expect(await idsOf('--label', 'team')).toEqual([]);
  expect(await idsOf('--since', '1h')).toEqual(ids);
  expect(await idsOf('--until', '1h')).toEqual([]);
  expect(await idsOf('--since', '2020-01-01', '--until', '2020-01-02T00:00Z')).toEqual([]);
  expect(await cli(['list', '--since', 'yesterday'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Not a time'),
  });
});

it('workers drains, resumes and revokes one', async () => {
  const { id } = await controller.register('studio');
  expect(await json(['workers', 'drain', id])).toEqual({ id, draining: true });
  const stateOf = async () => (await json(['workers'])).find((worker: { id: string }) => worker.id === id)?.state;
  expect(await stateOf()).toBe('draining');
  expect(await cli(['workers', 'resume', id])).toMatchObject({
    code: 0,
    out: '',
    err: `Worker ${id} gets builds again\n`,
  });
  expect(await stateOf()).toBe('idle');
  expect(await cli(['workers', 'drain', 'nobody'])).toMatchObject({ code: 4 });
  expect(await cli(['workers', 'revoke', id])).toMatchObject({ code: 0, out: '', err: `Worker ${id} is gone\n` });
  expect(await stateOf()).toBeUndefined();
  expect(await cli(['workers', 'revoke', id])).toMatchObject({ code: 4 });
});

it('stats needs no key', async () => {
  const ran = await cli(['stats', '--url', controller.url, '--json'], stranger());
  expect(JSON.parse(ran.out)).toMatchObject({ nodesOnline: expect.any(Number), totalBuilds: 0 });
  expect((await cli(['stats'])).out).toMatch(/^online workers +\d+\nwaiting builds +\d+\n/);
});

describe('open', () => {
  it('prints the address of the controller’s page, and of a build’s', async () => {
    expect(await cli(['open', '--print'])).toMatchObject({ code: 0, out: `${controller.url}/\n` });
    expect(await json(['open', 'b1', '--print'])).toEqual({ url: `${controller.url}/#/builds/b1` });
  });

  it('gives it to the browser, if there is a page', async () => {
    const browser = join(await temporaryFolder({}), 'browser');
    await writeFile(browser, `#!${process.execPath}\nfetch(process.argv[2])\n`, { mode: 0o755 });
    const own = { BUILDLATCH_URL: controller.url, BROWSER: browser };
    expect(await cli(['open'], own)).toMatchObject({ code: 0, out: `${controller.url}/\n` });
    const fake = await startFakeController();
    const env = { BUILDLATCH_URL: fake.url, BROWSER: browser };
    const refused = { code: 4, out: '', err: expect.stringMatching(/no page for browsers/) };
    expect(await cli(['open'], env)).toMatchObject(refused);
    fake.on('GET /', () => ({ headers: { 'content-type': 'text/html' } }));
    expect(await cli(['open', 'b1'], env)).toMatchObject({ code: 0, out: `${fake.url}/#/builds/b1\n` });
    await fake.asked('GET /', 3);
    await fake.close();
  });
});
