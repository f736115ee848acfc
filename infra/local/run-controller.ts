import { BadEnvironment, readEnv, SETTING_NAMES } from '../../lib/runtime/env.ts';
import { DataDirInUse } from './data-dir-lock.ts';
import { describeError } from './log-line.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import { BadSetting, HELP, readStartSettings, warnAbout } from './start-settings.ts';

/** npm passes a signal on that its child has already had from the terminal: within a second it is the same one. */
const SAME_SIGNAL_MS = 1_000;

/** `npm start`: runs until a signal, and ends the process with 0 (stopped) or 1 (would not start). */
export async function runController(
  args: readonly string[],
  more: Pick<StackOptions, 'load' | 'senderLimits'> = {},
): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  try {
    const { CONTROLLER_API_KEY: apiKey } = readEnv(SETTING_NAMES);
    const settings = readStartSettings(process.env);
    const warning = warnAbout(settings);
    if (warning) console.error(warning);
    await runUntilSignal(startStack({ ...settings, apiKey, ...more }));
    // Not left to the event loop: a function that did not finish in its grace may still hold something.
    process.exit(0);
  } catch (error) {
    console.error(explain(error));
    process.exit(1);
  }
}

async function runUntilSignal(starting: Promise<Stack>): Promise<void> {
  const signalled = onFirstSignal();
  const stack = await starting;
  // With PORT=0 only the listener knows; behind a PUBLIC_URL this is still where it listens.
  console.log(`Buildlatch listening on ${stack.url}`);
  const failure = await Promise.race([signalled, stack.failed]);
  await stack.close();
  if (failure) throw failure;
}

function onFirstSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = () => {
      if (firstAtMs === undefined) {
        firstAtMs = performance.now();
        resolve(undefined);
      } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) {
        process.exit(1);
      }
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}

/** What the operator can mend is said in a sentence, everything else with its stack. */
function explain(error: unknown): string {
  if (error instanceof BadEnvironment || error instanceof BadSetting || error instanceof DataDirInUse)
    return error.message;
  if (!(error instanceof Error && 'code' in error)) return describeError(error);
  const { PORT: port = '3000', HOST: host = '127.0.0.1' } = process.env;
  if (error.code === 'EADDRINUSE') return `Port ${port} is already in use: set PORT to another one`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `Cannot listen on HOST ${host}: it is not an address of this machine`;
  if (error.code === 'EACCES') return `Not allowed to use port ${port} or the data directory: ${error.message}`;
  return describeError(error);
}
