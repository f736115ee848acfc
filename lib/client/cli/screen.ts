import { safeForTerminal } from './terminal-text.ts';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Of a terminal; they change with its window. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface Screen {
  /** One line of data, to stdout. */
  data(line: string): void;
  /** One JSON value on a line of its own, to stdout. */
  json(value: unknown): void;
  /** For people, to stderr. May hold several lines. */
  note(text: string): void;
  /** Whether there is a terminal that somebody looks at. */
  readonly canRepaint: boolean;
  /** Replaces itself on a terminal; elsewhere nobody wants to see it. */
  progress(text: string): void;
  /** The same for several lines, each cut to the terminal's width; for none, what was shown goes away. */
  paint(lines: readonly string[]): void;
}

const CLEAR_LINE = '\r\x1b[K';
const CLEAR_LINE_ABOVE = '\x1b[1A\x1b[K';

export function createScreen(stdout: Output, stderr: Output, env: NodeJS.ProcessEnv): Screen {
  const canRepaint = mayMoveCursor(stderr, env);
  let shownRows = 0;
  const clearing = () => CLEAR_LINE + CLEAR_LINE_ABOVE.repeat(Math.max(0, shownRows - 1));
  const clear = () => {
    if (shownRows > 0) stderr.write(clearing());
    shownRows = 0;
  };
  const paint = (lines: readonly string[]) => {
    if (!canRepaint || (lines.length === 0 && shownRows === 0)) return;
    // The last column stays free: some terminals begin a new line after it. More rows than there are could not be cleared.
    const rows = lines.slice(0, Math.max(1, (stderr.rows ?? 24) - 1));
    const shown = rows.map((line) => fitted(safeForTerminal(line, false), (stderr.columns ?? 80) - 1));
    // In one piece, or it flickers.
    stderr.write(clearing() + shown.join('\n'));
    shownRows = rows.length;
  };
  return {
    canRepaint,
    paint,
    progress: (text) => paint([text]),
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
  };
}

/** Signs that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** As much of it as goes into so many columns. A tab would take a number that only the terminal knows. */
function fitted(text: string, columns: number): string {
  let width = 0;
  let short = '';
  for (const sign of text.replaceAll('\t', '  ')) {
    width += WIDE.test(sign) ? 2 : 1;
    if (width > columns) break;
    short += sign;
  }
  return short;
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
