import type { LogLine } from '../answers.ts';
import type { Clock } from '../clock.ts';
import type { RetryPolicy } from '../retry.ts';

interface SeenPage<Line> {
  readonly logs: readonly Line[];
  readonly next_cursor?: string | undefined;
  readonly is_final: boolean;
}

export type ReadLogPage<Line = LogLine> = (cursor: string | undefined) => Promise<SeenPage<Line>>;

/** About five minutes: a deployment or a restart of the controller must not end a pipeline that only watches. */
export const RECONNECT: RetryPolicy = { tries: 45, baseMs: 500, maxMs: 8_000 };

const PAUSE_MS = 1_000;
/** So many lines at once mean that there are more waiting. */
const MANY_LINES = 100;

/** Every line once, until the build is over and its last line was read. */
export async function* followLogs<Line>(
  read: ReadLogPage<Line>,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<Line> {
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
