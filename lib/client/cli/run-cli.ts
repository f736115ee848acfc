import { CommanderError } from 'commander';
import { useProxies } from '../network.ts';
import type { Setup } from './cli-command.ts';
import type { Io } from './context.ts';
import { EXIT, exitCodeFor, Interrupted } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { createScreen } from './screen.ts';
import type { SettingSources } from './setting-sources.ts';
import { type ConnectionFlags, readSettings } from './settings.ts';
import { readProjectFile, readUserFile } from './settings-files.ts';
import { storedKeys } from './stored-keys.ts';

interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** One run of `buildlatch`; answers the exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const screen = createScreen(io.stdout, io.stderr, io.env);
  const interrupted = new AbortController();
  let exitCode: number = EXIT.ok;
  const run: Setup['run'] = async (command, action) => {
    const flags = command.optsWithGlobals<GlobalFlags>();
    const source = (name: string) => command.getOptionValueSourceWithGlobals(name);
    for (const [name, flag] of [['apiKey', '--api-key'] as const, ['buildToken', '--build-token'] as const]) {
      if (source(name) === 'cli') screen.note(`Warning: other users of this machine can see what follows ${flag}`);
    }
    const settings = await readSettings(flags, source('url'), storedKeys(io.env, screen.note));
    const isJson = flags.json ?? false;
    exitCode = await action({ io, screen, settings, isJson, signal: interrupted.signal });
  };
  io.onInterrupt(() => interrupted.abort(new Error('interrupted')));
  try {
    useProxies(io.env);
    const sources = await readSources(args, io, screen.note);
    await createProgram({ sources, run }, io).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (interrupted.signal.aborted || error instanceof Interrupted) {
      screen.note('Interrupted');
      return EXIT.interrupted;
    }
    // Commander has already said what is wrong.
    if (!(error instanceof CommanderError)) screen.note(`buildlatch: ${describe(error)}`);
    return exitCodeFor(error);
  }
}

async function readSources(args: readonly string[], io: Io, warn: (text: string) => void): Promise<SettingSources> {
  const none = { env: io.env, project: undefined, user: undefined, warn };
  // A broken file is no reason to leave somebody without help.
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) return none;
  return { ...none, project: await readProjectFile(io.cwd), user: await readUserFile(io.env) };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const requestId = 'requestId' in error && error.requestId ? ` (request ${error.requestId})` : '';
  return `${error.message}${requestId}`;
}
