import type { LogLine, LogPage } from '../answers.ts';
import type { Clock } from '../clock.ts';
import type { RetryPolicy } from '../retry.ts';

export type ReadLogPage = (cursor: string | undefined) => Promise<LogPage>;

/** About five minutes: a deployment or a restart of the controller must not end a pipeline that only watches. */
export const RECONNECT: RetryPolicy = { tries: 45, baseMs: 500, maxMs: 8_000 };

const PAUSE_MS = 1_000;
/** So many lines at once mean that there are more waiting. */
const MANY_LINES = 100;

/** Every line once, until the build is over and its last line was read. */
export async function* followLogs(read: ReadLogPage, clock: Clock, signal?: AbortSignal): AsyncGenerator<LogLine> {
  for (let cursor: string | undefined; ; ) {
    const page = await read(cursor);
    yield* page.logs;
    if (page.is_final) return;
    cursor = page.next_cursor || cursor;
    if (page.logs.length < MANY_LINES) await clock.wait(PAUSE_MS, signal);
  }
}

/** The lines there are now, over as many pages as it takes. */
export async function readLogs(read: ReadLogPage): Promise<{ lines: LogLine[]; isFinal: boolean }> {
  const lines: LogLine[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await read(cursor);
    lines.push(...page.logs);
    if (page.is_final || page.logs.length === 0) return { lines, isFinal: page.is_final };
    cursor = page.next_cursor || cursor;
  }
}

export function logText({ timestamp, level, message }: LogLine): string {
  return `${new Date(timestamp).toISOString()} ${level.padEnd(5)} ${message}`;
}
