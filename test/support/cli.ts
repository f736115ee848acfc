import type { Io } from '../../lib/client/cli/context.ts';
import { runCli } from '../../lib/client/cli/run-cli.ts';
import { instantClock } from './client-clock.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings extends Partial<Omit<Io, 'stdout' | 'stderr'>> {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly isTTY?: boolean;
}

/** The command line within this process, with an environment that has nothing of this machine's user. */
export async function runInside(args: readonly string[], { isTTY, ...surroundings }: Surroundings): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    stdout: { write: (text) => (out += text), isTTY },
    stderr: { write: (text) => (err += text), isTTY },
    clock: instantClock(),
    random: () => 0,
    onInterrupt: () => {},
    ...surroundings,
  });
  return { code, out, err };
}
