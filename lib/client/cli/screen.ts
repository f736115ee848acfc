import { safeForTerminal } from './terminal-text.ts';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export interface Screen {
  /** One line of data, to stdout. */
  data(line: string): void;
  /** One JSON value on a line of its own, to stdout. */
  json(value: unknown): void;
  /** For people, to stderr. May hold several lines. */
  note(text: string): void;
  /** Replaces itself on a terminal; elsewhere nobody wants to see it. */
  progress(text: string): void;
}

const CLEAR_LINE = '\r\x1b[K';

export function createScreen(stdout: Output, stderr: Output, env: NodeJS.ProcessEnv): Screen {
  const canProgress = mayMoveCursor(stderr, env);
  let hasProgress = false;
  const clear = () => {
    if (hasProgress) stderr.write(CLEAR_LINE);
    hasProgress = false;
  };
  return {
    data: (line) => {
      clear();
      // Into a file or a pipe the bytes go as they are.
      stdout.write(`${stdout.isTTY ? safeForTerminal(line, mayColour(stdout, env)) : line}\n`);
    },
    json: (value) => {
      clear();
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => {
      clear();
      for (const line of text.split('\n')) stderr.write(`${safeForTerminal(line, mayColour(stderr, env))}\n`);
    },
    progress: (text) => {
      if (!canProgress) return;
      stderr.write(CLEAR_LINE + safeForTerminal(text, false));
      hasProgress = true;
    },
  };
}

/** As is usual: who forces colours gets them, who forbids them does not, and else a terminal that knows them does. */
function mayColour({ isTTY = false }: Output, env: NodeJS.ProcessEnv): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** A pipeline may have a terminal, but nobody looks at it: lines that replace themselves only fill its log. */
function mayMoveCursor({ isTTY = false }: Output, env: NodeJS.ProcessEnv): boolean {
  return isTTY && env['TERM'] !== 'dumb' && !env['CI'];
}
