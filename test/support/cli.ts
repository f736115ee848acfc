import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Io } from '../../lib/client/cli/context.ts';
import { runCli } from '../../lib/client/cli/run-cli.ts';
import { instantClock } from './client-clock.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings extends Partial<Omit<Io, 'stdin' | 'stdout' | 'stderr'>> {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly isTTY?: boolean;
  readonly input?: string;
}

/** The command line within this process, with an environment that has nothing of this machine's user. */
export async function runInside(
  args: readonly string[],
  { isTTY, input = '', ...surroundings }: Surroundings,
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    stdin: Object.assign(Readable.from([input]), { isTTY: false }),
    stdout: { write: (text) => (out += text), isTTY },
    stderr: { write: (text) => (err += text), isTTY },
    clock: instantClock(),
    random: () => 0,
    onInterrupt: () => {},
    ...surroundings,
  });
  return { code, out, err };
}

const MAIN = fileURLToPath(new URL('../../lib/client/cli/main.ts', import.meta.url));

interface Program {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** Another than the source: a bundle. */
  readonly main?: string;
}

/** The command line as a process of its own, with nothing in its environment but what is given. */
export function startProgram(args: readonly string[], { env, cwd, input = '', main = MAIN }: Program) {
  const child = spawn(process.execPath, [main, ...args], { env, cwd });
  child.stdin.end(input);
  const ended = async (): Promise<Ran> => {
    const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    if (code === null) throw new Error(`the program was killed by ${signal}: ${err}`);
    return { code, out, err };
  };
  return { child, ended: ended() };
}

export const runProgram = (args: readonly string[], program: Program): Promise<Ran> =>
  startProgram(args, program).ended;
