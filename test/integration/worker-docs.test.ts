import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { makeZip } from '../support/client-zip.ts';

const CLI = fileURLToPath(new URL('../../lib/client/cli/main.ts', import.meta.url));
const text = await readFile(new URL('../../docs/worker.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
  language,
  code,
}));
const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.split('\n'))
  .filter((line) => line.startsWith('node dist/buildlatch.mjs '));
const working = commands.filter((command) => !/worker (un)?install/.test(command));

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

/** A project with the example's settings; its script makes what the examples say is made, and notes what it saw. */
function project(platform: string): Buffer {
  const settings = blocks.find(({ language }) => language === 'json')?.code ?? '';
  const script = '#!/bin/sh\nmkdir -p build\necho "$1 $EXPO_TOKEN $MY_APP_FLAVOUR $SECRET" > build/app.$2\n';
  const suffix = platform === 'ios' ? 'ipa' : 'apk';
  return makeZip([
    { name: 'buildlatch.json', data: settings.replaceAll(/build\.sh (\w+)/g, `build.sh $1 ${suffix}`) },
    { name: 'build.sh', data: script.replace('$2', suffix), mode: 0o100755 },
  ]);
}

async function submit(platform: string, labels: string[]): Promise<string> {
  const form = new FormData();
  form.append('platform', platform);
  if (labels.length > 0) form.append('labels', labels.join(','));
  form.append('source', new Blob([new Uint8Array(project(platform))]), 'project.zip');
  const { status, body, text } = await controller.request('POST', '/api/builds/submit', {
    headers: controller.key,
    body: form,
  });
  expect(status, text).toBe(200);
  return body.id;
}

async function run(command: string, more: Record<string, string> = {}) {
  const home = await temporaryFolder();
  const own = {
    BUILDLATCH_URL: controller.url,
    BUILDLATCH_API_KEY: controller.apiKey,
    BUILDLATCH_WORKER_WORK_DIR: home,
  };
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: home, EXPO_TOKEN: 'expo', MY_APP_FLAVOUR: 'free', SECRET: 'hidden', ...own, ...more };
  const line = command.replace('node dist/buildlatch.mjs', `exec '${process.execPath}' '${CLI}'`);
  const child = spawn('sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  return { home, child, ended };
}

it('the page has examples of each kind', () => {
  expect(working.length).toBeGreaterThanOrEqual(6);
  expect(commands.filter((command) => /install/.test(command))).toHaveLength(3);
  // Others would not be run by this test.
  expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(['json', 'sh']);
  const others = blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trimEnd().split('\n'));
  expect(others.filter((line) => !commands.includes(line) && !line.startsWith('export BUILDLATCH_'))).toEqual([]);
});

it.each(working)(
  '%s',
  async (command) => {
    const labels = [...command.matchAll(/--label (\S+)/g)].map(([, name = '']) => name);
    const platforms = /--platform (\S+)/.exec(command)?.[1]?.split(',') ?? [];
    const ids = await Promise.all(platforms.map((platform) => submit(platform, labels)));
    const { child, ended } = await run(command);
    const left = ended.then(({ err }) => Promise.reject(new Error(err)));
    const state = async (id: string) => (await controller.status(id)).state;
    await Promise.race([
      left,
      Promise.all(ids.map((id) => expect.poll(() => state(id), { timeout: 60_000 }).toBe('completed'))),
    ]);
    child.kill('SIGTERM');
    left.catch(() => {});
    expect(await ended).toMatchObject({ code: 0 });
    for (const id of ids) {
      const { body } = await controller.request('GET', `/api/builds/${id}/logs`, { headers: controller.key });
      expect(JSON.stringify(body)).toContain('Built app.');
      const { text: seen } = await controller.request('GET', `/api/builds/${id}/download`, { headers: controller.key });
      const passed = command.includes('--pass-env') ? 'expo free' : ' ';
      expect(seen).toMatch(new RegExp(`^(ios|android) ${passed} \n$`));
    }
  },
  90_000,
);

it('the service is shown, written with its key apart, and removed', async () => {
  const user: Record<string, string> = process.getuid?.() === 0 ? { BUILDLATCH_WORKER_INSTALL_RUN_AS: 'builder' } : {};
  const [install = '', print = '', uninstall = ''] = commands.filter((command) => /install/.test(command));
  const destdir = await temporaryFolder();
  const below = {
    BUILDLATCH_WORKER_INSTALL_DESTDIR: destdir,
    BUILDLATCH_WORKER_UNINSTALL_DESTDIR: destdir,
    HOME: '/u/me',
  };
  const shown = await (await run(print, user)).ended;
  expect([shown.code, shown.out.includes('worker'), shown.out.includes(controller.apiKey)]).toEqual([0, true, false]);
  const written = await (await run(install, { ...user, ...below })).ended;
  expect(written.code, written.err).toBe(0);
  const [definition = '', envFile = ''] =
    /Wrote (\S+) and, for its owner only, (.+)\. To start/.exec(written.err)?.slice(1) ?? [];
  expect((await stat(join(destdir, envFile))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(destdir, envFile), 'utf8')).toContain(controller.apiKey);
  const unit = await readFile(join(destdir, definition), 'utf8');
  expect(unit).toContain('--slots');
  expect(unit).not.toContain(controller.apiKey);
  expect((await (await run(uninstall, below)).ended).code).toBe(0);
  for (const file of [definition, envFile]) await expect(stat(join(destdir, file))).rejects.toThrow('ENOENT');
}, 90_000);

it('what the page says of defaults is so', async () => {
  const { out } = await (await run('node dist/buildlatch.mjs worker --help')).ended;
  const help = out.replaceAll(/\s+/g, ' ');
  for (const [, flag = '', value = ''] of text.matchAll(/^\| `(--[\w-]+)` \| (\S+) \|/gm)) {
    const from = help.indexOf(`${flag} <`);
    const shown = value === 'none' ? 'no limit' : value === 'wait' ? '"wait"' : value;
    expect(help.slice(from, help.indexOf('(env:', from)), flag).toContain(`default: ${shown}`);
  }
}, 90_000);
