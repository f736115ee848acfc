import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storedKeys } from '../../lib/client/cli/stored-keys.ts';
import { runInside } from '../support/cli.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';

const LIST = 'GET /api/builds';
const KEY = 'a-very-secret-project-key';

let fake: FakeController;
beforeEach(async () => {
  fake = await startFakeController();
  fake.on(LIST, () => ({ body: [] }));
});
afterEach(() => fake.close());

interface Places {
  readonly project?: object | string;
  readonly user?: object;
  /** Of the stored key's controller; there is none without. */
  readonly loggedInTo?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const asText = (content: object | string) => (typeof content === 'string' ? content : JSON.stringify(content));

async function cliIn({ project, user, loggedInTo, env = {} }: Places, args: readonly string[]) {
  const cwd = await temporaryFolder(project === undefined ? {} : { 'buildlatch.json': asText(project) });
  const home = await temporaryFolder(user === undefined ? {} : { 'buildlatch/config.json': asText(user) });
  const surroundings = { XDG_CONFIG_HOME: home, ...env };
  if (loggedInTo !== undefined) await storedKeys(surroundings, () => {}).keep(loggedInTo, 'stored-key');
  const ran = await runInside(args, { cwd, env: surroundings });
  expect(ran.out + ran.err).not.toMatch(/stored-key|a-very-secret/);
  return { ...ran, home };
}

const limitAsked = () => fake.seen(LIST).map(({ query }) => query.get('limit'));
const keySent = () => fake.requests.map(({ headers }) => headers['x-api-key']);

describe('a setting', () => {
  const user = { list: { limit: 2 } };
  const project = { command: 'make', artifact: 'out', cli: { list: { limit: 3 } } };
  const connection = () => ({ BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: KEY });

  it.each<[string, Omit<Places, 'env'>, NodeJS.ProcessEnv, string[], string]>([
    ['its default', {}, {}, [], '20'],
    ['the user’s file', { user }, {}, [], '2'],
    ['the project’s file', { user, project }, {}, [], '3'],
    ['the environment', { user, project }, { BUILDLATCH_LIST_LIMIT: '4' }, [], '4'],
    ['the flag', { user, project }, { BUILDLATCH_LIST_LIMIT: '4' }, ['--limit', '5'], '5'],
    ['the file, if the variable is empty', { user }, { BUILDLATCH_LIST_LIMIT: '' }, [], '2'],
  ])('comes from %s', async (_where, places, env, args, limit) => {
    const ran = await cliIn({ ...places, env: { ...env, ...connection() } }, ['list', ...args]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(limitAsked()).toEqual([limit]);
  });

  it('that is a switch takes true and false, in any of their spellings', async () => {
    for (const [said, out] of [
      ['1', '[]\n'],
      ['TRUE', '[]\n'],
      ['no', ''],
      ['0', ''],
    ] as const)
      expect(await cliIn({ env: { ...connection(), BUILDLATCH_JSON: said } }, ['list'])).toMatchObject({
        code: 0,
        out,
      });
    const wrong = await cliIn({ env: { ...connection(), BUILDLATCH_JSON: 'maybe' } }, ['list']);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/BUILDLATCH_JSON: Neither true nor false/) });
  });

  it('of several values is a list, or text with commas', async () => {
    fake.on('POST /api/keys', () => ({ status: 500 }));
    const env = { ...connection(), BUILDLATCH_KEYS_CREATE_SCOPE: 'read, submit' };
    await cliIn({ env }, ['keys', 'create', '--name', 'n']);
    await cliIn({ env: connection(), user: { keys: { create: { scope: ['work'], name: 'n' } } } }, ['keys', 'create']);
    expect(fake.seen('POST /api/keys').map(({ json }) => json['scopes'])).toEqual([['read', 'submit'], ['work']]);
  });

  it.each<[string, Places]>([
    ['list: limit: Not a positive number', { user: { list: { limit: -1 } } }],
    ['buildlatch.json: list: limit: Neither text nor a number', { project: { cli: { list: { limit: {} } } } }],
    ['BUILDLATCH_LIST_LIMIT: Not a positive number', { env: { BUILDLATCH_LIST_LIMIT: 'many' } }],
    ['buildlatch.json: not a JSON object', { project: '{ cli' }],
    ['buildlatch.json: cli is not an object', { project: { cli: [] } }],
  ])('that is wrong is said to be: %s', async (says, places) => {
    const ran = await cliIn({ ...places, env: { ...connection(), ...places.env } }, ['list']);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(says) });
    expect(fake.requests).toEqual([]);
    expect(await cliIn(places, ['list', '--help'])).toMatchObject({ code: 0, err: '' });
  });

  it('that nobody knows is named, and no reason to stop', async () => {
    const ran = await cliIn({ project: { cli: { list: { limt: 3 } } }, env: connection() }, ['list']);
    expect(ran).toMatchObject({ code: 0, err: 'Warning: buildlatch.json: list: no such setting: limt\n' });
  });
});

describe('a project’s file', () => {
  it('names the controller to those who are logged in there', async () => {
    const ran = await cliIn({ project: { cli: { url: fake.url } }, loggedInTo: fake.url }, ['list']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(keySent()).toEqual(['stored-key']);
  });

  it.each<[string, Places, string[]]>([
    ['the key of another controller', { loggedInTo: 'http://mine.test' }, []],
    ['a key of the environment', { env: { BUILDLATCH_API_KEY: KEY } }, []],
    ['a build’s token', { env: { BUILDLATCH_BUILD_TOKEN: KEY } }, []],
    ['a key that was typed', {}, ['--api-key', KEY]],
  ])('cannot have %s sent to its own address', async (_what, places, args) => {
    const hostile = { cli: { url: fake.url } };
    for (const command of [['list'], ['status', 'b1'], ['doctor']]) {
      const ran = await cliIn({ ...places, project: hostile }, [...command, ...args]);
      expect(ran.code).toBe(command[0] === 'doctor' ? 1 : 3);
    }
    expect(keySent().filter((key) => key !== undefined)).toEqual([]);
    expect(JSON.stringify(fake.requests.map(({ headers }) => headers))).not.toContain(KEY);
  });

  it.each([
    ['api-key', { 'api-key': KEY }, ['list']],
    ['build-token', { 'build-token': KEY }, ['list']],
    ['cert', { submit: { cert: '/etc/passwd' } }, ['submit', '.', '--platform', 'ios']],
    ['profile', { submit: { profile: ['/etc/passwd'] } }, ['submit', '.', '--platform', 'ios']],
    ['cert-password-env', { submit: { 'cert-password-env': 'AWS_SECRET' } }, ['submit', '.', '--platform', 'ios']],
    ['command', { worker: { command: 'evil' } }, ['worker', '--platform', 'ios']],
    ['yes', { dlq: { redrive: { yes: true } } }, ['dlq', 'redrive']],
  ])('cannot set %s, which could take or do what only the user may', async (name, cli, args) => {
    const env = { BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: KEY };
    const ran = await cliIn({ project: { cli }, env }, args);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(`${name} cannot be set by a project`) });
    expect(fake.requests).toEqual([]);
  });
});

describe('a stored key', () => {
  it('goes to its own controller, and gives way to one that is given', async () => {
    const env = { BUILDLATCH_URL: `${fake.url}/` };
    await cliIn({ env, loggedInTo: fake.url }, ['list']);
    await cliIn({ env: { ...env, BUILDLATCH_API_KEY: 'given' }, loggedInTo: fake.url }, ['list']);
    expect(keySent()).toEqual(['stored-key', 'given']);
    expect(await cliIn({ env, loggedInTo: `${fake.url}/stage` }, ['list'])).toMatchObject({ code: 3 });
  });

  it('is not written into the user’s settings', async () => {
    const ran = await cliIn({ user: { 'api-key': KEY } }, ['list']);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('is kept by "buildlatch login"') });
  });

  it('that others can read is used with a warning', async () => {
    const home = await temporaryFolder();
    const env = { XDG_CONFIG_HOME: home, BUILDLATCH_URL: fake.url };
    await storedKeys(env, () => {}).keep(fake.url, 'stored-key');
    const cwd = await temporaryFolder();
    expect((await runInside(['list'], { cwd, env })).err).toBe('');
    const path = join(home, 'buildlatch', 'credentials.json');
    await chmod(path, 0o644);
    expect(await runInside(['list'], { cwd, env })).toMatchObject({
      code: 0,
      err: expect.stringContaining(`other users can read or change the keys in ${path}`),
    });
  });
});

it('a key on the command line works, with a warning: other users can see it', async () => {
  const ran = await cliIn({ env: { BUILDLATCH_URL: fake.url } }, ['list', '--api-key', KEY]);
  expect(ran).toMatchObject({ code: 0, err: expect.stringMatching(/other users .* --api-key/) });
  expect(keySent()).toEqual([KEY]);
});
