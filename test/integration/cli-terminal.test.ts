import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundleClient } from '../../infra/bundle.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';
import { hasProgram } from '../support/has-program.ts';
import { openTerminal } from '../support/tmux.ts';

/** What people see, in a real terminal. */
/** A machine under load shows a screen late. */
const SLOW_MS = 120_000;

let controller: Controller;
let folder: string;
beforeAll(async () => {
  controller = await startController();
  folder = await mkdtemp(join(tmpdir(), 'buildlatch-bundle-'));
  await bundleClient(join(folder, 'buildlatch.mjs'));
}, SLOW_MS);
afterAll(async () => {
  await controller.close();
  await rm(folder, { recursive: true, force: true });
});

let home: string;
beforeEach(async () => {
  home = await temporaryFolder();
});

const open = (args: string, cwd: string) =>
  openTerminal(`'${process.execPath}' '${folder}/buildlatch.mjs' ${args}`, cwd, { XDG_CONFIG_HOME: home });
const login = async () => open(`login --url ${controller.url}`, await temporaryFolder());

const onTerminal = it.skipIf(!hasProgram('tmux'));

onTerminal(
  'init asks what it does not know, offers what it does, and writes it',
  async () => {
    const cwd = await temporaryFolder({
      'package.json': '{"scripts":{"build":"vite build"}}',
      'package-lock.json': '',
    });
    const terminal = await open('init 2>&1', cwd);
    await terminal.screen('Command that builds it [npm ci && npm run build]:');
    await terminal.type('Enter');
    await terminal.screen('result [dist]:');
    await terminal.type('outX', 'BSpace', '/app.ipa', 'Enter');
    await terminal.screen('Platform to build for, ios or android (empty: say it each time):');
    await terminal.type('windows', 'Enter');
    await terminal.screen(/each time\): windows\n.*each time\):$/);
    await terminal.type('ios', 'Enter');
    await terminal.screen('own):');
    await terminal.type('https://builds.test', 'Enter');
    const screen = await terminal.screen('ended with');
    expect(screen.split('\n')).toEqual([
      'This is a package with a build script.',
      'Command that builds it [npm ci && npm run build]:',
      'File, folder or pattern of the result [dist]: out/app.ipa',
      'Platform to build for, ios or android (empty: say it each time): windows',
      'Platform to build for, ios or android (empty: say it each time): ios',
      'Address of the controller (empty: each user’s own): https://builds.test',
      join(cwd, 'buildlatch.json'),
      'Wrote buildlatch.json. Next: buildlatch login, then buildlatch submit',
      'ended with 0',
    ]);
    expect(JSON.parse(await readFile(join(cwd, 'buildlatch.json'), 'utf8'))).toEqual({
      command: 'npm ci && npm run build',
      artifact: 'out/app.ipa',
      cli: { url: 'https://builds.test', submit: { platform: 'ios' } },
    });
  },
  SLOW_MS,
);

onTerminal(
  'login shows nothing of the key that is typed, and stores it',
  async () => {
    const terminal = await login();
    await terminal.screen(`API key for ${controller.url}:`);
    await terminal.type(controller.apiKey);
    await terminal.type('Enter');
    const screen = await terminal.screen('ended with');
    expect(screen).toBe(`API key for ${controller.url}:\nLogged in to ${controller.url}\nended with 0`);
    expect(await readFile(join(home, 'buildlatch/credentials.json'), 'utf8')).toContain(controller.apiKey);
  },
  SLOW_MS,
);

onTerminal.each([
  ['C-c', 'Interrupted'],
  ['C-d', 'Interrupted'],
])(
  '%s at a question ends with 130, and stores nothing',
  async (key, says) => {
    const terminal = await login();
    await terminal.screen('API key');
    await terminal.type('half', key);
    if (key === 'C-d') await terminal.type('BSpace', 'BSpace', 'BSpace', 'BSpace', key);
    const screen = await terminal.screen('ended with');
    expect(screen).toBe(`API key for ${controller.url}:\n${says}\nended with 130`);
    await expect(stat(join(home, 'buildlatch'))).rejects.toMatchObject({ code: 'ENOENT' });
  },
  SLOW_MS,
);
