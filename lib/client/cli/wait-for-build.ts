import type { Status } from '../answers.ts';
import { type CommandContext, clientFor } from './context.ts';
import { EXIT, TimeoutReached } from './exit-codes.ts';
import { followLogs, logText, RECONNECT } from './follow-logs.ts';

export interface Waiting {
  readonly id: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** After which time whoever waits leaves; the build goes on. Without it they wait however long it takes. */
  readonly timeoutMs?: number | undefined;
}

/** Shows a build's log until it is over, and answers how it ended. */
export async function waitForBuild(context: CommandContext, { id, credentials, timeoutMs }: Waiting): Promise<Status> {
  const { screen, io } = context;
  const patience = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, patience.signal]);
  if (timeoutMs !== undefined) {
    const leave = () => patience.abort(new TimeoutReached(`build ${id} is not over after ${timeoutMs / 1000} s`));
    io.clock.wait(timeoutMs, over.signal).then(leave, () => {});
  }
  const client = clientFor({ ...context, signal }, credentials, RECONNECT);
  try {
    for await (const line of followLogs((cursor) => client.logs(id, cursor), io.clock, signal))
      screen.note(logText(line));
    return await client.status(id);
  } catch (error) {
    // What is wrong with the request itself says nothing of the build.
    if (signal.aborted)
      screen.note(`Build ${id} goes on; "buildlatch wait ${id}" waits for it, "buildlatch cancel ${id}" ends it`);
    throw error;
  } finally {
    over.abort();
  }
}

export function verdict({ id, state, error_message, attempt }: Status): string {
  const why = error_message === null || state === 'completed' ? '' : `: ${error_message}`;
  return `Build ${id} ${state} at attempt ${attempt}${why}`;
}

export const exitCodeOf = ({ state }: Status): number => (state === 'completed' ? EXIT.ok : EXIT.buildFailed);
