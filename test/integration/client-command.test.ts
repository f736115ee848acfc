import { expect, it } from 'vitest';
import { type CommandRequest, runCommand } from '../../lib/client/agent/command.ts';
import { type ManualClock, manualClock } from '../support/client-clock.ts';
import { temporaryFolder } from '../support/client-folder.ts';

interface Started {
  readonly clock: ManualClock;
  readonly lines: string[];
  readonly stop: () => void;
  readonly ended: ReturnType<typeof runCommand>;
  /** Resolves with the first line of output. */
  readonly up: Promise<string>;
}

async function start(command: string, more: Partial<CommandRequest> = {}): Promise<Started> {
  const clock = manualClock();
  const lines: string[] = [];
  const controller = new AbortController();
  let first = (_line: string) => {};
  const up = new Promise<string>((resolve) => {
    first = resolve;
  });
  const onLine: CommandRequest['onLine'] = (source, line) => {
    lines.push(`${source} ${line}`);
    first(line);
  };
  const { signal } = controller;
  const cwd = await temporaryFolder();
  const base = { command, cwd, workspace: cwd, env: { PATH: process.env['PATH'] }, clock, onStart: () => {} };
  const ended = runCommand({ ...base, onLine, signal, ...more });
  ended.catch(() => {});
  return { clock, lines, up, ended, stop: () => controller.abort(new Error('stopped')) };
}

it('a command is heard to its last byte, with its exit code or its signal', async () => {
  const { ended, lines } = await start('echo out; printf err >&2; exit 7');
  expect(await ended).toEqual({ exitCode: 7, killedBy: null });
  expect(lines.sort()).toEqual(['stderr err', 'stdout out']);
  expect(await (await start('kill -9 $$')).ended).toEqual({ exitCode: null, killedBy: 'SIGKILL' });
});

it('a stopped command is asked first, and its farewell is heard', async () => {
  const { up, stop, ended, lines } = await start("trap 'echo bye; exit 0' TERM; echo up; sleep 60 & wait");
  await up;
  stop();
  await expect(ended).rejects.toThrow('stopped');
  expect(lines).toContain('stdout bye');
});

it('one that does not listen is killed ten seconds later, with its children', async () => {
  const { up, stop, ended, clock } = await start("trap '' TERM; echo up; sleep 60; echo survived");
  await up;
  stop();
  await clock.advance(9_999);
  const state = await Promise.race([
    ended.catch(() => 'ended'),
    new Promise((resolve) => setImmediate(resolve, 'running')),
  ]);
  expect(state).toBe('running');
  await clock.advance(1);
  await expect(ended).rejects.toThrow('stopped');
});

it('what a command leaves running in the background ends with it', async () => {
  const { ended } = await start('sleep 60 & echo started');
  expect(await ended).toEqual({ exitCode: 0, killedBy: null });
});
