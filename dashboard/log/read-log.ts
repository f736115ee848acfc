import type { Answer } from '../answer.ts';
import type { Page } from '../page.ts';
import type { LogModel } from './log-model.ts';

interface Read {
  readonly lineCount: number;
  readonly isFinal: boolean;
}

/** As long as lines keep coming; each time none has come the pause grows by half, up to the longest. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** So many at once mean that there are more waiting. */
const MANY_LINES = 100;
/** The first page may be ten megabytes. */
const TIMEOUT_MS = 60_000;

/** Reads a log from its first line to its last, each line once. */
export interface LogReader {
  /** Reads on where it stands, and puts what it reads into the log. */
  ask(signal: AbortSignal): Promise<Answer<Read>>;
  /** The pause before the next time; undefined: nothing will follow. */
  paceMs(read: Read): number | undefined;
}

/** @param pause lets the browser do something else between what takes long: to parse a large page, and to show it. */
export function createLogReader(
  { api }: Pick<Page, 'api'>,
  id: string,
  log: Pick<LogModel, 'append'>,
  pause: () => Promise<void>,
): LogReader {
  // With a cursor the newest part of a long log comes too while the build runs; this one stands before the first line.
  let cursor = '0';
  let pauseMs = PAUSE_MS;
  return {
    async ask(signal) {
      const from = cursor;
      const query = { cursor: from };
      const answer = await api.ask('GET /api/builds/{id}/logs', { path: { id }, query, signal, timeoutMs: TIMEOUT_MS });
      if (!answer.ok) return answer;
      const { logs, next_cursor: next, is_final: isFinal } = answer.value;
      if (logs.length >= MANY_LINES) await pause();
      // Another question may have been quicker.
      const isNews = from === cursor;
      if (isNews) {
        log.append(logs);
        cursor = next || cursor;
      }
      return { ...answer, value: { lineCount: isNews ? logs.length : 0, isFinal } };
    },
    paceMs({ lineCount, isFinal }) {
      if (isFinal) return undefined;
      pauseMs = lineCount > 0 ? PAUSE_MS : Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
      return lineCount >= MANY_LINES ? 0 : pauseMs;
    },
  };
}
