import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

interface ChildSpec {
  /** Node, if nothing else is said. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
  readonly onErrorLine?: (line: string) => void;
}

export interface Child {
  readonly pid: number;
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

export interface Children {
  start(spec: ChildSpec): Child;
  /** A process group that one of the children has started, such as a build command: it is ended with the others. */
  adopt(pid: number): void;
  /** Everything, at once, with all it has started. Resolves when the children are gone. */
  killAll(): Promise<void>;
}

/** Programs in process groups of their own, of which none outlives the demonstration. */
export function createChildren(): Children {
  const running = new Map<number, Promise<unknown>>();
  const adopted = new Set<number>();
  return {
    start: ({ program = process.execPath, args, env, onLine, onErrorLine }) => {
      const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const { pid } = child;
      if (pid === undefined) throw new Error(`could not start ${program} ${args.join(' ')}`);
      createInterface({ input: child.stdout }).on('line', (line) => onLine?.(line));
      createInterface({ input: child.stderr }).on('line', (line) => onErrorLine?.(line));
      const ended = endOf(child).finally(() => running.delete(pid));
      running.set(pid, ended);
      return { pid, ended, signal: (name) => signalGroup(pid, name) };
    },
    adopt: (pid) => adopted.add(pid),
    killAll: async () => {
      const ending = [...running.values()];
      for (const pid of [...running.keys(), ...adopted]) signalGroup(pid, 'SIGKILL');
      await Promise.all(ending);
    },
  };
}

/** The exit code, or null after a signal; once the output has been read, too. */
async function endOf(child: ChildProcess): Promise<number | null> {
  await once(child, 'close');
  return child.exitCode;
}

export function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Gone already; on macOS EPERM says that only zombies are left.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
