import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, runInside } from '../support/cli.ts';
import { refused, sha256 } from '../support/client-fake-build.ts';
import { type FakeController, type Reply, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { buildStatus, logPage, serveSubmit } from '../support/fake-submit.ts';

const KEY = 'a-very-secret-project-key';
const STATUS = 'GET /api/builds/:id/status';
const LOGS = 'GET /api/builds/:id/logs';

let fake: FakeController;
let cwd: string;
beforeEach(async () => {
  fake = await startFakeController();
  cwd = await temporaryFolder();
});
afterEach(() => fake.close());

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly isTTY?: boolean;
  readonly onInterrupt?: (listener: () => void) => void;
}

async function cli(args: readonly string[], more: Surroundings = {}): Promise<Ran> {
  const env = { BUILDLATCH_URL: `${fake.url}/`, BUILDLATCH_API_KEY: KEY };
  const ran = await runInside(args, { env, cwd, ...more });
  expect(ran.out + ran.err).not.toContain(KEY);
  return ran;
}

const result = Buffer.from('artifact');
const line = (message: string) => ({ timestamp: 0, level: 'info', message });
const status = (more: object = {}): Reply =>
  buildStatus({ result_sha256: sha256(result), result_size: result.length, result_filename: 'app.ipa', ...more });

describe('submit', () => {
  it('uploads the packed folder and prints one document', async () => {
    serveSubmit(fake);
    const folder = await temporaryFolder({ 'a.ts': 'a' });
    const { code, out } = await cli(['submit', folder, '--platform', 'ios', '--json']);
    expect(code).toBe(0);
    const [put] = fake.seen('PUT /store');
    const digest = sha256(put?.body ?? Buffer.alloc(0));
    expect(JSON.parse(out)).toMatchObject({ id: 'b1', access_token: 'build-token', source_sha256: digest });
    expect(fake.seen('POST /api/uploads')[0]?.json).toEqual({ size: put?.body.length, sha256: digest, reuse: 'now' });
    expect(fake.seen('POST /api/builds')[0]?.json).toEqual({ platform: 'ios', upload_id: 'u1' });
    expect(put?.headers['x-api-key']).toBeUndefined();
  });

  it('prints the id alone without --json, and repeats what did not arrive', async () => {
    serveSubmit(fake);
    const works = fake.route('POST /api/builds');
    const troubles = [refused(503, 'unavailable'), refused(502, 'proxy')];
    fake.on('POST /api/builds', (seen) => troubles.shift() ?? works?.(seen) ?? {});
    const ran = await cli(['submit', await temporaryFolder({ a: '' }), '--platform', 'ios']);
    expect(ran).toMatchObject({ code: 0, out: 'b1\n' });
    expect(new Set(fake.seen('POST /api/builds').map(({ json }) => json['upload_id']))).toEqual(new Set(['u1']));
  });

  it.each([
    ['completed', 0],
    ['failed', 1],
    ['cancelled', 1],
  ])('--wait follows the log by the build’s own token; %s exits with %i', async (state, code) => {
    serveSubmit(fake);
    const pages = [logPage(['one'], 'c1', false), logPage([], 'c1', false), logPage(['two'], 'c2', true)];
    fake.on(LOGS, () => pages.shift() ?? {});
    fake.on(STATUS, () => status({ state }));
    const ran = await cli(['submit', await temporaryFolder({ a: '' }), '--platform', 'ios', '--wait', '--json']);
    expect(ran.code).toBe(code);
    expect(JSON.parse(ran.out)).toMatchObject({ id: 'b1', state, access_token: 'build-token' });
    expect(ran.err).toMatch(/one\n.*two\n.*Build b1/s);
    expect(fake.seen(STATUS)[0]?.headers).toMatchObject({ 'x-build-token': 'build-token' });
    expect(fake.seen(STATUS)[0]?.headers['x-api-key']).toBeUndefined();
  });
});

describe('logs', () => {
  it('--follow prints every line once, over restarts of the controller, and ends with the build', async () => {
    const replies = new Map<string, Reply[]>([
      ['', [logPage(['one', 'two'], 'c1', false)]],
      ['c1', [refused(503, 'restarting'), { status: 502 }, logPage([], 'c1', false), logPage(['three'], 'c2', false)]],
      ['c2', [logPage(['four'], 'c3', true)]],
    ]);
    fake.on(LOGS, ({ query }) => replies.get(query.get('cursor') ?? '')?.shift() ?? { status: 500 });
    const { code, out } = await cli(['logs', 'b1', '--follow', '--json']);
    expect(code).toBe(0);
    const messages = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text).message);
    expect(messages).toEqual(['one', 'two', 'three', 'four']);
  });

  it('reads all pages there are, as one document', async () => {
    const replies = [logPage(['one'], 'c1', false), logPage(['two'], 'c2', false), logPage([], 'c2', false)];
    fake.on(LOGS, () => replies.shift() ?? {});
    const { out } = await cli(['logs', 'b1', '--json']);
    expect(JSON.parse(out)).toEqual({ build_id: 'b1', logs: [line('one'), line('two')], is_final: false });
  });

  it('shows a terminal no control sequences from a build, and a file every byte', async () => {
    fake.on(LOGS, () => logPage(['\x1b]0;owned\x07\x1b[31mred'], 'c', true));
    expect((await cli(['logs', 'b1'], { isTTY: true })).out).toBe(
      '1970-01-01T00:00:00.000Z info  ␛]0;owned␇\x1b[31mred\x1b[0m\n',
    );
    expect((await cli(['logs', 'b1'])).out).toContain('\x1b]0;owned\x07\x1b[31mred\n');
  });
});

describe('download', () => {
  const DOWNLOAD = 'GET /api/builds/:id/download';

  it('writes the verified result under its own name, once', async () => {
    fake.on(STATUS, () => status({ result_filename: '../../app.ipa' }));
    fake.on(DOWNLOAD, () => ({ body: result }));
    const ran = await cli(['download', 'b1', '--json']);
    expect(JSON.parse(ran.out)).toEqual({ id: 'b1', path: join(cwd, 'app.ipa'), size: 8, sha256: sha256(result) });
    expect(await readFile(join(cwd, 'app.ipa'))).toEqual(result);
    const again = await cli(['download', 'b1']);
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(fake.seen(DOWNLOAD)).toHaveLength(1);
    expect(await cli(['download', 'b1', '--force'])).toMatchObject({ code: 0, out: `${join(cwd, 'app.ipa')}\n` });
    expect(await readdir(cwd)).toEqual(['app.ipa']);
  });

  it('takes the name from the answer when the controller knows none, or from -o', async () => {
    fake.on(STATUS, () => status({ result_filename: null }));
    fake.on(DOWNLOAD, () => ({ body: result, headers: { 'content-disposition': 'attachment; filename="own.apk"' } }));
    await cli(['download', 'b1']);
    await cli(['download', 'b1', '-o', 'mine.apk']);
    expect((await readdir(cwd)).sort()).toEqual(['mine.apk', 'own.apk']);
  });

  it('of bytes that are not the result fails and leaves nothing', async () => {
    fake.on(STATUS, () => status());
    fake.on(DOWNLOAD, () => ({ body: Buffer.from('artefact') }));
    const ran = await cli(['download', 'b1']);
    expect(ran).toMatchObject({ code: 5, out: '', err: expect.stringMatching(/SHA-256/) });
    expect(await readdir(cwd)).toEqual([]);
  });

  it.each(['failed', 'building'])('of a %s build exits with 1', async (state) => {
    fake.on(STATUS, () => status({ state, result_sha256: null, error_message: 'no Xcode' }));
    expect(await cli(['download', 'b1'])).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/no Xcode/) });
  });
});

describe('list, status and cancel', () => {
  it('list takes cursors from the links but never their address', async () => {
    const build = (id: string) => ({ id, status: 'completed', platform: 'ios', createdAt: '2030-01-01T00:00:00Z' });
    fake.on('GET /api/builds', ({ query }) =>
      query.has('cursor')
        ? { body: [build('b2')] }
        : { body: [build('b1')], headers: { link: '<http://evil.invalid/api/builds?cursor=c1>; rel="next"' } },
    );
    const { out } = await cli(['list', '--json', '--limit', '5']);
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(['b1', 'b2']);
    expect((await cli(['list'])).out.split('\n')[0]).toBe('b1  completed  ios      2030-01-01T00:00:00Z');
  });

  it('status prints one document, and cancel what became of the build', async () => {
    fake.on(STATUS, () => status());
    fake.on('POST /api/builds/:id/cancel', () => ({ body: { success: true, status: 'cancelled' } }));
    expect(JSON.parse((await cli(['status', 'b1', '--json'])).out)).toMatchObject({ state: 'completed', attempt: 1 });
    expect((await cli(['status', 'b1'])).out).toContain('state     completed\n');
    expect(JSON.parse((await cli(['cancel', 'b1', '--json'])).out)).toEqual({
      id: 'b1',
      success: true,
      status: 'cancelled',
    });
  });
});

describe('exit codes', () => {
  it.each<[string, string[], Reply | undefined, number]>([
    ['a missing option', ['submit', '.'], undefined, 2],
    ['an unknown platform', ['submit', '--platform', 'windows'], undefined, 2],
    ['an unknown command', ['frobnicate'], undefined, 2],
    ['an id that is none', ['status', '../x'], undefined, 2],
    ['a folder that is not there', ['submit', 'nowhere', '--platform', 'ios'], undefined, 2],
    ['a wrong key', ['status', 'b1'], refused(401, 'unauthorized'), 3],
    ['a forbidden build', ['status', 'b1'], refused(403, 'forbidden'), 3],
    ['an unknown build', ['status', 'b1'], refused(404, 'build_not_found'), 4],
    ['trouble that stays', ['status', 'b1'], refused(503, 'unavailable'), 5],
    ['an answer of something else', ['status', 'b1'], { body: 'hello' }, 5],
    ['help', ['--help'], undefined, 0],
  ])('for %s', async (_what, args, reply, code) => {
    if (reply) fake.on(STATUS, () => reply);
    const ran = await cli(args);
    expect(ran.code).toBe(code);
    if (code !== 0) expect(ran).toMatchObject({ out: '', err: expect.stringMatching(/./) });
  });

  it('without credentials, or with a key no header can carry, nothing is sent and nothing shown', async () => {
    const env = { BUILDLATCH_URL: fake.url };
    expect(await cli(['status', 'b1'], { env })).toMatchObject({ code: 3, out: '' });
    const bad = await cli(['status', 'b1'], { env: { ...env, BUILDLATCH_API_KEY: 'ge\u0000heim' } });
    expect(bad).toMatchObject({ code: 2, err: expect.not.stringContaining('heim') });
    expect(fake.requests).toEqual([]);
  });

  it('a redirected call is not followed: the key would go with it', async () => {
    fake.on(STATUS, () => ({ status: 301, headers: { location: 'http://evil.invalid/' } }));
    expect(await cli(['status', 'b1'])).toMatchObject({
      code: 5,
      err: expect.stringMatching(/redirects to http:\/\/evil.invalid/),
    });
  });

  it('an interrupt exits with 130 and leaves no part of a file', async () => {
    let interrupt = () => {};
    fake.on(STATUS, () => status());
    fake.on('GET /api/builds/:id/download', () => new Promise(() => {}));
    const running = cli(['download', 'b1'], {
      onInterrupt: (listener) => {
        interrupt = listener;
      },
    });
    await fake.asked('GET /api/builds/:id/download');
    interrupt();
    expect(await running).toMatchObject({ code: 130, out: '' });
    expect(await readdir(cwd)).toEqual([]);
  });
});

it('runs as a program: data on stdout, 130 after Ctrl-C', async () => {
  fake.on(LOGS, () => logPage(['one'], 'c1', false));
  const main = fileURLToPath(new URL('../../lib/client/cli/main.ts', import.meta.url));
  const env = { ...process.env, BUILDLATCH_URL: fake.url, BUILDLATCH_API_KEY: KEY };
  const child = spawn(process.execPath, [main, 'logs', 'b1', '-f', '--json'], { env });
  const [data] = await once(child.stdout, 'data');
  expect(JSON.parse(String(data))).toEqual(line('one'));
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
});
