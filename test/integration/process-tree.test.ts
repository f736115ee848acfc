import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { markedIn } from '../../lib/client/agent/process-tree.ts';
import { runCommand } from '../../lib/client/agent/command.ts';
import { removeStaleFolders } from '../../lib/client/agent/work-dir.ts';
import { fastClock } from '../support/client-clock.ts';
import { temporaryFolder } from '../support/client-folder.ts';

/** Two children of its own that ignore SIGTERM, one of them in a session of its own; then it goes on for an hour. */
const STUBBORN = `
trap '' TERM
sh -c 'trap "" TERM; echo child $$; while :; do sleep 1; done' &
setsid sh -c 'trap "" TERM; echo escaped $$; while :; do sleep 1; done' &
while :; do sleep 1; done`;

async function startStubborn(more: { shell?: string } = {}) {
  const workspace = await temporaryFolder();
  const stop = new AbortController();
  const pids: number[] = [];
  let up = () => {};
  const isUp = new Promise<void>((resolve) => {
    up = resolve;
  });
  const ended = runCommand({
    command: more.shell ?? STUBBORN,
    cwd: workspace,
    workspace,
    env: { PATH: process.env['PATH'] },
    clock: fastClock(50),
    onLine: (_source, line) => {
      pids.push(Number(line.split(' ')[1]));
      if (pids.length === 2) up();
    },
    onStart: () => {},
    signal: stop.signal,
  });
  return { workspace, pids, isUp, ended, stop: () => stop.abort(new Error('stopped')) };
}

it('a build that forks and ignores SIGTERM is ended with all its processes, in whatever session they are', async () => {
  const { pids, isUp, ended, stop } = await startStubborn();
  await isUp;
  expect(await Promise.all(pids.map(isRunning))).toEqual([true, true]);
  stop();
  await expect(ended).rejects.toThrow('stopped');
  expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]);
});

it('daemons that a finished build leaves in a session of their own end with it', async () => {
  const shell = `for i in 1 2; do setsid sh -c 'echo daemon $$; while :; do sleep 1; done' & done; sleep 0.5`;
  const { pids, ended } = await startStubborn({ shell });
  expect(await ended).toEqual({ exitCode: 0, killedBy: null });
  expect(pids).toHaveLength(2);
  expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]);
});

it('what a killed agent’s build still runs is ended before its folder is removed', async () => {
  const work = await temporaryFolder();
  const folder = join(work, 'build-111-222-aaa');
  await mkdir(folder);
  // Writes into the folder for as long as it lives: removed first, the folder would be back.
  const command = `while :; do mkdir -p ${folder}; touch ${folder}/alive; sleep 0.01; done`;
  const env = { PATH: process.env['PATH'], BUILDLATCH_WORKSPACE: folder };
  const orphan = spawn('sh', ['-c', command], { env, detached: true, stdio: 'ignore' });
  const gone = exitOf(orphan);
  await expect.poll(() => readdir(folder)).toEqual(['alive']);
  await removeStaleFolders(work, () => false);
  expect(await gone).toBe('SIGKILL');
  expect(await readdir(work)).toEqual([]);
});

it('where there is no /proc a build’s processes are found in what ps says, and no others', () => {
  const listed = [
    '  101 sh -c make PATH=/bin BUILDLATCH_WORKSPACE=/w/build-1-2-a HOME=/h',
    ' 7102 node x.js BUILDLATCH_WORKSPACE=/w/build-1-2-a',
    '  103 sh -c make BUILDLATCH_WORKSPACE=/w/build-1-2-abc HOME=/h',
    '  104 sh -c make OLD_BUILDLATCH_WORKSPACE=/w/build-1-2-a HOME=/h',
    '  105 grep /w/build-1-2-a',
    '',
  ].join('\n');
  expect(markedIn(listed, '/w/build-1-2-a')).toEqual([101, 7102]);
});

function exitOf(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal));
  });
}

/** Zombies do not count: in a container nobody may be there to collect them. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}
