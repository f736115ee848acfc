import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleClient } from '../../infra/bundle.ts';
import { describedProgram } from '../../infra/docs/generate.ts';
import { commandTree } from '../../lib/client/cli/command-tree.ts';
import { runProgram, startProgram } from '../support/cli.ts';
import { type Controller, startController } from '../support/controller.ts';
import { hasProgram } from '../support/has-program.ts';

const EXAMPLES = commandTree(describedProgram()).flatMap(({ path, command }) =>
  command.examples.map(({ line }) => ({ path, line })),
);

/** A project of a user who has the command on the path, a worker that builds for iOS, and things to name. */
let controller: Controller;
let root: string;
let env: NodeJS.ProcessEnv;
let worker: ReturnType<typeof startProgram>;
/** Programs start by the dozen, and a worker that was idle for long is asked to come back later. */
const SLOW_MS = 180_000;
const PROJECT = { command: 'echo built > out.txt', artifact: 'out.txt' };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'buildlatch-test-'));
  controller = await startController();
  for (const folder of ['bin', 'project']) await mkdir(join(root, folder));
  await writeFile(join(root, 'project/buildlatch.json'), JSON.stringify(PROJECT));
  const main = join(root, 'buildlatch.mjs');
  await bundleClient(main);
  const command = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  await writeFile(join(root, 'bin/buildlatch'), command, { mode: 0o755 });
  const own = { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey };
  env = {
    PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
    HOME: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    ...own,
  };
  worker = startProgram(['worker', '--platform', 'ios', '--name', 'mac', '--work-dir', join(root, 'mac')], { env });
  const id = await finished();
  const { id: drained } = await controller.register('studio', ['ios']);
  const key = { name: 'one', scopes: ['read'] };
  const { body } = await controller.request('POST', '/api/keys', { headers: controller.key, json: key });
  const things = { id, worker: drained, key: body.id, URL: controller.url, KEY: controller.apiKey };
  env = { ...env, ...things, waiting: (await controller.submit('android')).id };
}, SLOW_MS);
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await controller.close();
  await rm(root, { recursive: true, force: true });
});

async function finished(): Promise<string> {
  const args = ['submit', join(root, 'project'), '--platform', 'ios', '--wait', '--json'];
  return JSON.parse((await runProgram(args, { env })).out).id;
}

async function shell(line: string) {
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], { cwd: join(root, 'project'), env });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

const readyFor: Readonly<Record<string, () => Promise<unknown>>> = {
  init: () => rm(join(root, 'project/buildlatch.json'), { force: true }),
  submit: () => writeFile(join(root, 'project/buildlatch.json'), JSON.stringify(PROJECT)),
  worker: () => runProgram(['submit', join(root, 'project'), '--platform', 'android'], { env }),
};

it.each(EXAMPLES.filter(({ line }) => hasProgram('jq') || !/\bjq\b/.test(line)))(
  'the example of $path works: $line',
  async ({ path, line }) => {
    const files = { 'package.json': JSON.stringify({ scripts: { build: 'true' } }) };
    for (const [name, content] of Object.entries(files)) await writeFile(join(root, 'project', name), content);
    await readyFor[path]?.();
    expect(await shell(line)).toMatchObject({ code: 0 });
  },
  SLOW_MS,
);
