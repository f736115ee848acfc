import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type Clock, ignoreAbort } from '../clock.ts';
import { splitLines } from './output-lines.ts';
import { killMarked, MARKER, signalMarked, signalTo } from './process-tree.ts';

export interface CommandRequest {
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Unique to this build: by it are found its processes that have left their group. */
  readonly workspace: string;
  readonly clock: Clock;
  readonly onLine: (source: 'stdout' | 'stderr', line: string) => void;
  /** Nothing, or when the next output may be read: until then the command has to wait with its writing. */
  readonly room?: () => Promise<void> | undefined;
  readonly onStart: (pid: number) => void;
  /** Aborted: the command and everything it started is ended. */
  readonly signal: AbortSignal;
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
}

/** Time to put things away after SIGTERM; Buildkite's agent gives as much. */
const KILL_AFTER_MS = 10_000;
/** A process that cannot be found any more may hold the pipes open for ever: after so long without a byte they are left. */
const CLOSE_AFTER_MS = 2_000;

/** Runs a shell command in a process group of its own and waits for all of it. Throws the signal's reason if stopped. */
export async function runCommand(request: CommandRequest): Promise<CommandEnd> {
  const { clock, signal, workspace } = request;
  signal.throwIfAborted();
  const child = spawn('sh', ['-c', request.command], {
    cwd: request.cwd,
    env: { ...request.env, [MARKER]: workspace },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = exitOf(child);
  const outputs = [readLines(child.stdout, 'stdout', request), readLines(child.stderr, 'stderr', request)];
  const { pid } = child;
  if (pid === undefined) return exited;
  request.onStart(pid);
  const over = new AbortController();
  let killing: Promise<void> | undefined;
  const stop = () => {
    killing = endTree(pid, workspace, clock, over.signal);
  };
  signal.addEventListener('abort', stop, { once: true });
  const closed = () => Promise.all(outputs.map((output) => output.closed(over.signal)));
  try {
    const end = await exited;
    // The shell may go before what it started has put its things away.
    if (killing) await Promise.race([closed(), killing]);
    // Daemons that a build leaves behind would outlive the worker, and hold the pipes open.
    signalTo(-pid, 'SIGKILL');
    await killMarked(workspace);
    await closed();
    signal.throwIfAborted();
    return end;
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

async function endTree(pid: number, workspace: string, clock: Clock, over: AbortSignal): Promise<void> {
  const time = clock.wait(KILL_AFTER_MS, over).catch(ignoreAbort(over));
  signalTo(-pid, 'SIGTERM');
  await signalMarked(workspace, 'SIGTERM');
  await time;
  if (over.aborted) return;
  signalTo(-pid, 'SIGKILL');
  await killMarked(workspace);
}

function exitOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, killedBy) => resolve({ exitCode, killedBy }));
  });
}

interface ReadOutput {
  /** Resolves when nobody can write any more, or when nobody has for a while. */
  closed(over: AbortSignal): Promise<void>;
}

function readLines(stream: Readable, source: 'stdout' | 'stderr', request: CommandRequest): ReadOutput {
  const { clock, room } = request;
  const lines = splitLines((line) => request.onLine(source, line));
  let lastAt = clock.now();
  let isWaiting = false;
  stream.on('data', (chunk: Buffer) => {
    lastAt = clock.now();
    lines.push(chunk);
    const untilRoom = room?.();
    if (!untilRoom) return;
    isWaiting = true;
    stream.pause();
    void untilRoom.then(() => {
      isWaiting = false;
      lastAt = clock.now();
      stream.resume();
    });
  });
  const ended = new Promise<void>((resolve) => {
    stream.once('close', () => {
      lines.end();
      resolve();
    });
  });
  const quiet = async (over: AbortSignal) => {
    for (let left = CLOSE_AFTER_MS; left > 0 || isWaiting; left = lastAt + CLOSE_AFTER_MS - clock.now()) {
      await clock.wait(Math.max(left, CLOSE_AFTER_MS / 10), over);
    }
  };
  return { closed: (over) => Promise.race([ended, quiet(over).catch(ignoreAbort(over))]) };
}
