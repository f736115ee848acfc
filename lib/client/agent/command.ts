import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type Clock, ignoreAbort } from '../clock.ts';
import { splitLines } from './output-lines.ts';

export interface CommandRequest {
  readonly command: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly onLine: (source: 'stdout' | 'stderr', line: string) => void;
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
/** A grandchild that left the group may hold the pipes open for ever. */
const CLOSE_AFTER_MS = 2_000;

/** Runs a shell command in a process group of its own and waits for all of it. Throws the signal's reason if stopped. */
export async function runCommand(request: CommandRequest): Promise<CommandEnd> {
  const { clock, signal } = request;
  signal.throwIfAborted();
  const child = spawn('sh', ['-c', request.command], {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = exitOf(child);
  const outputs = [readLines(child.stdout, 'stdout', request), readLines(child.stderr, 'stderr', request)];
  const { pid } = child;
  if (pid === undefined) return exited;
  request.onStart(pid);
  const over = new AbortController();
  const stop = () => void killGroup(pid, clock, over.signal);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const end = await exited;
    // Daemons that a build leaves behind would outlive the worker, and hold the pipes open.
    signalGroup(pid, 'SIGKILL');
    await Promise.race([Promise.all(outputs), clock.wait(CLOSE_AFTER_MS, over.signal).catch(ignoreAbort(over.signal))]);
    signal.throwIfAborted();
    return end;
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function exitOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, killedBy) => resolve({ exitCode, killedBy }));
  });
}

function readLines(stream: Readable, source: 'stdout' | 'stderr', request: CommandRequest): Promise<void> {
  const lines = splitLines((line) => request.onLine(source, line));
  stream.on('data', lines.push);
  return new Promise((resolve) => {
    stream.once('close', () => {
      lines.end();
      resolve();
    });
  });
}

async function killGroup(pid: number, clock: Clock, over: AbortSignal): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  await clock.wait(KILL_AFTER_MS, over).catch(ignoreAbort(over));
  if (!over.aborted) signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // ESRCH: nobody is left. EPERM is how macOS says that only zombies are.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
