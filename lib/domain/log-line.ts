export const LOG_LEVELS = ['info', 'warn', 'error', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The levels a worker may send; `debug` is ours. */
export const WORKER_LOG_LEVELS = ['info', 'warn', 'error'] as const satisfies readonly LogLevel[];

export interface LogLine {
  readonly timestamp: number;
  readonly level: LogLevel;
  readonly message: string;
}

/** What is stored together: 256 KB fits one table item (400 KB) with room for keys. */
export const MAX_BATCH_BYTES = 256 * 1024;

/**
 * A build's log keeps its beginning and its newest part; what is between is counted, not kept. The beginning is never
 * changed, and the newest part is only put behind it once the build has ended, when it does not move any more: a
 * follower that knows no cursor reads the whole list again each time and shows what is past the lines it has seen.
 * Behind a cursor the newest part can be followed while the build runs.
 */
export interface LogSizes {
  readonly headBytes: number;
  readonly tailBytes: number;
}

/** More lines than any attempt has. */
export const MAX_LINE_NUMBER = 999_999_999;

/**
 * Where a batch stands in all that the holders of a build send, if they number their lines: later attempts behind earlier
 * ones, and a batch that is sent again at the same place.
 */
export function logMark(attempt: number, firstLine: number): number {
  return attempt * (MAX_LINE_NUMBER + 1) + firstLine;
}

const CUT_MARK = ' … [line cut]';

/** A longer line is cut, visibly. The cut may go through a character of two code units: half of one is nothing the table would take. */
export function cutLine(message: string, maxCharacters: number): string {
  return message.length <= maxCharacters
    ? message
    : message.slice(0, maxCharacters - CUT_MARK.length).toWellFormed() + CUT_MARK;
}

const encoder = new TextEncoder();
/** `{"timestamp":1764106017000,"level":"error","message":},` */
const BYTES_AROUND_A_MESSAGE = 55;

/** What the line takes of an answer. An escape makes six bytes of a colour code's one. */
export function sizeOf({ message }: LogLine): number {
  return encoder.encode(JSON.stringify(message)).length + BYTES_AROUND_A_MESSAGE;
}

export const sizeOfAll = (lines: readonly LogLine[]) => lines.reduce((sum, line) => sum + sizeOf(line), 0);

/** The lines in parts that are stored together. A single line always fits. */
export function inBatches(lines: readonly LogLine[]): LogLine[][] {
  const batches: LogLine[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const size = sizeOf(line);
    bytes += size;
    if (bytes > MAX_BATCH_BYTES) {
      batches.push([]);
      bytes = size;
    }
    batches.at(-1)?.push(line);
  }
  return batches;
}
