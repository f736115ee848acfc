import { CommanderError } from 'commander';
import type { Io } from './context.ts';
import { EXIT, exitCodeFor } from './exit-codes.ts';
import { createProgram, type Run } from './program.ts';
import { createScreen } from './screen.ts';
import { readSettings } from './settings.ts';

/** One run of `buildlatch`; answers the exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const screen = createScreen(io.stdout, io.stderr, io.env);
  const interrupted = new AbortController();
  let exitCode: number = EXIT.ok;
  const run: Run = async (flags, command) => {
    const settings = readSettings(flags, io.env);
    const isJson = flags.json ?? false;
    exitCode = await command({ io, screen, settings, isJson, signal: interrupted.signal });
  };
  const program = createProgram(run);
  for (const each of [program, ...program.commands]) {
    each.configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  }
  io.onInterrupt(() => interrupted.abort(new Error('interrupted')));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (interrupted.signal.aborted) {
      screen.note('Interrupted');
      return EXIT.interrupted;
    }
    // Commander has already said what is wrong.
    if (!(error instanceof CommanderError)) screen.note(`buildlatch: ${describe(error)}`);
    return exitCodeFor(error);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const requestId = 'requestId' in error && error.requestId ? ` (request ${error.requestId})` : '';
  return `${error.message}${requestId}`;
}
