import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundleClient } from '../../infra/bundle.ts';
import { runProgram } from '../support/cli.ts';
import { sha256 } from '../support/client-fake-build.ts';
import { type FakeController, startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.ts';
import { TLS } from '../support/tls.ts';

const KEY = 'a-very-secret-project-key';
const RESULT = Buffer.from('the result');

/** What is published has its own way of bringing the library along: so it is what is run here. */
let main: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'buildlatch-bundle-'));
  main = join(folder, 'buildlatch.mjs');
  await bundleClient(main);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

let plain: FakeController;
let secure: FakeController;
let proxy: ForwardProxy;
beforeEach(async () => {
  plain = await startFakeController();
  secure = await startFakeController(TLS);
  proxy = await startForwardProxy();
  for (const fake of [plain, secure]) serve(fake);
});
afterEach(() => Promise.all([plain.close(), secure.close(), proxy.close()]));

/** The fake's address by a name that only the proxy knows. */
const named = (fake: FakeController) => fake.url.replace('127.0.0.1', TLS.name);

function serve(fake: FakeController): void {
  const build = { id: 'b1', status: 'completed', state: 'completed', platform: 'ios', submitted_at: 0 };
  const attempts = { attempt: 1, max_attempts: 3 };
  const result = { result_sha256: sha256(RESULT), result_size: RESULT.length, result_filename: 'app.ipa' };
  fake.on('GET /api/builds', () => ({ body: [] }));
  fake.on('POST /api/uploads', () => ({ body: { upload_id: 'u1', url: `${named(fake)}/store`, expires_at: 0 } }));
  fake.on('PUT /store', () => ({}));
  fake.on('POST /api/builds', () => ({ body: { ...build, access_token: 'token' } }));
  fake.on('GET /api/builds/:id/status', () => ({ body: { ...build, ...attempts, ...result } }));
  fake.on('GET /api/builds/:id/download', () => ({ status: 302, headers: { location: `${named(fake)}/result` } }));
  fake.on('GET /result', () => ({ body: RESULT }));
}

async function cli(url: string, env: NodeJS.ProcessEnv, args: readonly string[]) {
  const cwd = await temporaryFolder({ 'project/a.ts': 'x'.repeat(100_000) });
  const trusted = join(cwd, 'authority.pem');
  await writeFile(trusted, TLS.cert);
  const own = { NODE_EXTRA_CA_CERTS: trusted, BUILDLATCH_URL: url, BUILDLATCH_API_KEY: KEY };
  return runProgram(args, { main, cwd, env: { ...own, ...env } });
}

it('what is encrypted goes through the proxy’s tunnels: requests, uploads and downloads', async () => {
  const env = { HTTPS_PROXY: proxy.url };
  const submitted = await cli(named(secure), env, ['submit', 'project', '--platform', 'ios']);
  expect(submitted).toMatchObject({ code: 0, out: 'b1\n' });
  const [put] = secure.seen('PUT /store');
  expect(secure.seen('POST /api/uploads')[0]?.json).toMatchObject({ sha256: sha256(put?.body ?? Buffer.alloc(0)) });
  expect(put?.headers['transfer-encoding']).toBeUndefined();
  expect(await cli(named(secure), env, ['download', 'b1'])).toMatchObject({ code: 0 });
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(named(secure)).host}`]));
  expect(secure.requests).toHaveLength(6);
});

it('what is not encrypted is asked of the proxy by its whole address', async () => {
  const env = { http_proxy: proxy.url.replace('http://', '') };
  expect(await cli(named(plain), env, ['submit', 'project', '--platform', 'ios'])).toMatchObject({ code: 0 });
  expect(await cli(named(plain), env, ['download', 'b1'])).toMatchObject({ code: 0 });
  expect(proxy.asked).toEqual([
    `POST ${named(plain)}/api/uploads`,
    `PUT ${named(plain)}/store`,
    `POST ${named(plain)}/api/builds`,
    `GET ${named(plain)}/api/builds/b1/status`,
    `GET ${named(plain)}/api/builds/b1/download`,
    `GET ${named(plain)}/result`,
  ]);
});

it('what NO_PROXY names is asked itself, and so is everything where no proxy is named', async () => {
  const env = { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1' };
  expect(await cli(plain.url, env, ['list'])).toMatchObject({ code: 0 });
  expect(await cli(plain.url, { HTTP_PROXY: '' }, ['list'])).toMatchObject({ code: 0 });
  expect(plain.requests).toHaveLength(2);
  expect(proxy.asked).toEqual([]);
});

it('a proxy gets its password, and nobody else does', async () => {
  const closed = await startForwardProxy('open-sesame');
  const withPassword = (password: string) => closed.url.replace('//', `//user:${password}@`);
  expect(await cli(named(secure), { HTTPS_PROXY: withPassword('open-sesame') }, ['list'])).toMatchObject({ code: 0 });
  expect(await cli(named(plain), { HTTP_PROXY: withPassword('open-sesame') }, ['list'])).toMatchObject({ code: 0 });
  expect([...secure.requests, ...plain.requests].map(({ headers }) => headers['proxy-authorization'])).toEqual([
    undefined,
    undefined,
  ]);
  await closed.close();
});

it('an address that is none is refused without being shown', async () => {
  for (const address of ['http://user:secret@', 'ftp://user:secret@proxy.test']) {
    const ran = await cli(plain.url, { HTTP_PROXY: address }, ['list']);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/HTTP_PROXY/) });
    expect(ran.err).not.toContain('secret');
  }
});
