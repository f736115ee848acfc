import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describedProgram } from '../../infra/docs/generate.ts';
import { commandTree } from '../../lib/client/cli/command-tree.ts';
import { runInside } from '../support/cli.ts';
import { startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';

let controller: Controller;
let ended: string;
let waiting: string;
let worker: string;
let lost: string;
let key: string;
beforeAll(async () => {
  controller = await startController();
  const mac = await controller.register();
  worker = mac.id;
  lost = (await controller.register('lost')).id;
  ended = (await controller.submit()).id;
  await controller.poll(mac);
  await controller.complete(mac, ended);
  waiting = (await controller.submit()).id;
  const json = { name: 'one', scopes: ['read'] };
  key = (await controller.request('POST', '/api/keys', { headers: controller.key, json })).body.id;
});
afterAll(() => controller.close());

/** How each command is asked; `worker` has a test of its own, as it prints a line for each event. */
const LINES: Readonly<Record<string, () => readonly string[]>> = {
  init: () => ['--command', 'make', '--artifact', 'out'],
  login: () => ['--url', controller.url],
  logout: () => [],
  submit: () => ['.', '--platform', 'ios'],
  wait: () => [ended],
  status: () => [ended],
  logs: () => [ended],
  download: () => [ended],
  cancel: () => [waiting],
  retry: () => [ended],
  why: () => [ended],
  list: () => [],
  open: () => ['--print'],
  'worker install': () => ['--platform', 'ios', '--print'],
  'worker uninstall': () => ['--destdir', './package'],
  workers: () => [],
  'workers drain': () => [worker],
  'workers resume': () => [worker],
  'workers revoke': () => [lost],
  queues: () => [],
  'queues pause': () => ['android', '--reason', 'an update'],
  'queues resume': () => ['android'],
  stats: () => [],
  'keys create': () => ['--name', 'two', '--scope', 'read'],
  'keys list': () => [],
  'keys revoke': () => [key],
  doctor: () => [],
  'dlq list': () => [],
  'dlq redrive': () => ['--yes'],
  completion: () => ['bash'],
};

const doing = commandTree(describedProgram()).filter(({ command }) => command.examples.length > 0);

describe('--json', () => {
  it.each(doing.filter(({ path }) => path !== 'worker'))(
    'of $path prints one document and nothing else',
    async (node) => {
      const line = LINES[node.path];
      if (line === undefined) throw new Error(`how is "${node.path}" asked? Add it to LINES`);
      const env = {
        XDG_CONFIG_HOME: await temporaryFolder(),
        BUILDLATCH_URL: controller.url,
        BUILDLATCH_API_KEY: controller.apiKey,
      };
      const cwd = await temporaryFolder({ 'a.txt': 'a' });
      const args = [...node.path.split(' '), ...line(), '--json'];
      const ran = await runInside(args, { cwd, env, input: controller.apiKey, isTTY: true });
      expect(ran).toMatchObject({ code: 0 });
      expect(typeof JSON.parse(ran.out)).toBe('object');
      expect(ran.out.trimEnd()).not.toContain('\n');
    },
  );
});

describe('a pipe', () => {
  it.each(['', '2>&1'])('whose reader leaves ends the program quietly (%s)', async (both) => {
    const fake = await startFakeController();
    const line = { timestamp: 0, level: 'info', message: 'x'.repeat(1_000) };
    const page = { build_id: 'b1', logs: Array.from({ length: 2_000 }, () => line), next_cursor: 'c', is_final: false };
    fake.on('GET /api/builds/:id/logs', () => ({ body: page }));
    const main = fileURLToPath(new URL('../../lib/client/cli/main.ts', import.meta.url));
    const command = `'${process.execPath}' '${main}' logs b1 --follow ${both} | head -n 1 >out; echo "\${PIPESTATUS[0]}"`;
    const cwd = await temporaryFolder();
    const env = {
      PATH: process.env['PATH'],
      BUILDLATCH_URL: fake.url,
      BUILDLATCH_API_KEY: 'key',
      HOME: join(cwd, 'x'),
    };
    const child = spawn('bash', ['-c', command], { cwd, env });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect([out, err]).toEqual(['0\n', '']);
    await fake.close();
  });
});
