import type { Status } from '../answers.ts';
import { ONCE } from '../retry.ts';
import { watchBuild } from './build-watch.ts';
import { type CommandContext, clientFor } from './context.ts';
import { type Downloaded, downloadResult } from './download-result.ts';
import { EXIT, TimeoutReached } from './exit-codes.ts';
import { followLogs, RECONNECT } from './follow-logs.ts';
import { leaveBuild } from './leave-build.ts';
import type { WaitFlags } from './wait-flags.ts';

export interface Waiting extends WaitFlags {
  readonly id: string;
  readonly credentials: Readonly<Record<string, string>>;
}

export interface Waited {
  readonly status: Status;
  readonly downloaded?: Downloaded;
  readonly exitCode: number;
}

/** Shows a build until it is over, fetches its result if that is wanted, and says how it ended. */
export async function waitForBuild(context: CommandContext, waiting: Waiting): Promise<Waited> {
  const status = await waitForEnd(context, waiting);
  context.screen.note(verdict(status));
  if (status.state !== 'completed') return { status, exitCode: EXIT.buildFailed };
  if (waiting.download === undefined) return { status, exitCode: EXIT.ok };
  const { id, credentials, download: folder } = waiting;
  const downloaded = await downloadResult(context, status, { id, credentials, folder });
  context.screen.note(`Downloaded ${downloaded.path}, SHA-256 ${downloaded.sha256}`);
  return { status, downloaded, exitCode: EXIT.ok };
}

async function waitForEnd(context: CommandContext, waiting: Waiting): Promise<Status> {
  const { io } = context;
  const { id, credentials, timeout: timeoutMs, onInterrupt } = waiting;
  const patience = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, patience.signal]);
  if (timeoutMs !== undefined) {
    const leave = () => patience.abort(new TimeoutReached(`build ${id} is not over after ${timeoutMs / 1000} s`));
    io.clock.wait(timeoutMs, over.signal).then(leave, () => {});
  }
  const client = clientFor({ ...context, signal }, credentials, RECONNECT);
  const besides = AbortSignal.any([signal, over.signal]);
  const watch = watchBuild(context, clientFor({ ...context, signal: besides }, credentials, ONCE), id, besides);
  let isGood = true;
  try {
    for await (const line of followLogs((cursor) => client.logs(id, cursor), io.clock, signal)) watch.line(line);
    const status = await client.status(id);
    isGood = status.state === 'completed';
    return status;
  } catch (error) {
    // What is wrong with the request itself says nothing of the build.
    if (!signal.aborted) throw error;
    watch.end(true);
    await leaveBuild(context, { id, credentials, onInterrupt, isTimeOver: patience.signal.aborted });
    throw error;
  } finally {
    over.abort();
    watch.end(isGood);
  }
}

function verdict({ id, state, error_message, attempt }: Status): string {
  const why = error_message === null || state === 'completed' ? '' : `: ${error_message}`;
  return `Build ${id} ${state} at attempt ${attempt}${why}`;
}
