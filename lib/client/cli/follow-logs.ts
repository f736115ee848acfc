import type { LogLine } from '../answers.ts';
import type { Clock } from '../clock.ts';
import { growingPauseMs } from '../log-pace.ts';
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
/** And that something is going on: so long one looks often again. */
const BUSY_MS = 10_000;

/** How long to wait between two looks, by how long one has been following: a second in the first minute, 3 s from the third on. */
export const followPauseMs = (ageMs: number): number => growingPauseMs(ageMs, PAUSE_MS);

/** Every line once, until the build is over and its last line was read. */
export async function* followLogs<Line>(
  read: ReadLogPage<Line>,
  clock: Clock,
  signal?: AbortSignal,
): AsyncGenerator<Line> {
  const begunAt = clock.now();
  let busyUntil = begunAt;
  for (let cursor: string | undefined; ; ) {
    const page = await read(cursor);
    yield* page.logs;
    if (page.is_final) return;
    cursor = page.next_cursor || cursor;
    const now = clock.now();
    if (page.logs.length >= MANY_LINES) busyUntil = now + BUSY_MS;
    else await clock.wait(now < busyUntil ? PAUSE_MS : followPauseMs(now - begunAt), signal);
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
