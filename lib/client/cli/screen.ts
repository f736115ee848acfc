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
  const mayColour = !env['NO_COLOR'];
  let hasProgress = false;
  const clear = () => {
    if (hasProgress) stderr.write(CLEAR_LINE);
    hasProgress = false;
  };
  return {
    data: (line) => {
      clear();
      // Into a file or a pipe the bytes go as they are.
      stdout.write(`${stdout.isTTY ? safeForTerminal(line, mayColour) : line}\n`);
    },
    json: (value) => {
      clear();
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => {
      clear();
      const isTty = stderr.isTTY ?? false;
      for (const line of text.split('\n')) stderr.write(`${safeForTerminal(line, isTty && mayColour)}\n`);
    },
    progress: (text) => {
      if (!stderr.isTTY) return;
      stderr.write(CLEAR_LINE + safeForTerminal(text, false));
      hasProgress = true;
    },
  };
}
