export const LOG_LEVELS = ['info', 'warn', 'error', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The levels a worker may send; `debug` is ours. */
export const WORKER_LOG_LEVELS = ['info', 'warn', 'error'] as const satisfies readonly LogLevel[];

export interface LogLine {
  readonly timestamp: number;
  readonly level: LogLevel;
  readonly message: string;
}

/** One line; longer ones are cut, visibly. */
export const MAX_LINE_CHARACTERS = 16_384;
/** One request: 256 KB fits one table item (400 KB) with room for keys and JSON. */
export const MAX_BATCH_BYTES = 256 * 1024;
export const MAX_BATCH_LINES = 500;
/** One build: the whole list must still fit one Lambda answer (6 MB) for followers that know no cursor. */
export const MAX_BUILD_LOG_BYTES = 4 * 1024 * 1024;

const CUT_MARK = ' … [line cut]';

/** The cut may go through a character of two code units: half of one is nothing the table would take. */
export function cutLine(message: string): string {
  return message.length <= MAX_LINE_CHARACTERS
    ? message
    : message.slice(0, MAX_LINE_CHARACTERS - CUT_MARK.length).toWellFormed() + CUT_MARK;
}
