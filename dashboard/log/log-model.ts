import { MAX_ROWS } from './window.ts';

export const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];

export interface LogLine {
  readonly timestamp: number;
  readonly level: Level;
  readonly message: string;
}

/** Where another attempt begins: lines of its time or later are its own. */
export interface Boundary {
  readonly at: number;
  readonly attempt: number;
  readonly label: string;
}

export type Row =
  | { readonly kind: 'line'; readonly index: number; readonly line: LogLine }
  | { readonly kind: 'boundary'; readonly boundary: Boundary };

export interface LogModel {
  readonly lines: readonly LogLine[];
  readonly rowCount: number;
  /** Lines that came when there was no more room. */
  readonly dropped: number;
  readonly counts: Readonly<Record<Level, number>>;
  append(lines: readonly LogLine[]): void;
  show(levels: ReadonlySet<Level>): void;
  divide(boundaries: readonly Boundary[]): void;
  row(at: number): Row | undefined;
  /** The row of a line, or of the next one that is shown; the last row when there is none. */
  rowOf(lineIndex: number): number;
}

/**
 * All the lines that were read of a log, and which rows are made of them. A row is a number: the index of its line, or
 * -1 - n for the n-th boundary. So a hundred thousand rows are one array, and another filter takes a millisecond.
 */
export function createLog(maxLines = MAX_ROWS): LogModel {
  const lines: LogLine[] = [];
  const counts: Record<Level, number> = { error: 0, warn: 0, info: 0, debug: 0 };
  let rows: number[] = [];
  let shown: ReadonlySet<Level> = new Set(LEVELS);
  let boundaries: readonly Boundary[] = [];
  let passed = 0;
  let dropped = 0;

  const layOut = (from: number): void => {
    for (let index = from; index < lines.length; index += 1) {
      const line = lines[index];
      if (!line) continue;
      for (; isReached(boundaries[passed], line); passed += 1) rows.push(-1 - passed);
      if (shown.has(line.level)) rows.push(index);
    }
  };
  const layOutAll = (): void => {
    rows = [];
    passed = 0;
    layOut(0);
  };

  return {
    lines,
    counts,
    get rowCount() {
      return rows.length;
    },
    get dropped() {
      return dropped;
    },
    append(added) {
      const from = lines.length;
      const taken = added.slice(0, maxLines - from);
      dropped += added.length - taken.length;
      for (const line of taken) {
        lines.push(line);
        counts[line.level] += 1;
      }
      layOut(from);
    },
    show(levels) {
      shown = levels;
      layOutAll();
    },
    divide(attempts) {
      boundaries = attempts.toSorted((a, b) => a.at - b.at);
      layOutAll();
    },
    row(at) {
      const entry = rows[at];
      if (entry === undefined) return undefined;
      const line = lines[entry];
      if (line) return { kind: 'line', index: entry, line };
      const boundary = boundaries[-1 - entry];
      return boundary && { kind: 'boundary', boundary };
    },
    rowOf: (lineIndex) => lowestRow(rows, lineIndex),
  };
}

const isReached = (boundary: Boundary | undefined, line: LogLine) =>
  boundary !== undefined && line.timestamp >= boundary.at;

/** Lines are in order among the rows; a boundary stands before the line that follows it. */
function lowestRow(rows: readonly number[], lineIndex: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    let probe = middle;
    while (probe < rows.length - 1 && (rows[probe] ?? 0) < 0) probe += 1;
    if ((rows[probe] ?? -1) >= lineIndex) high = middle;
    else low = probe + 1;
  }
  while (low < rows.length - 1 && (rows[low] ?? 0) < 0) low += 1;
  return Math.max(0, Math.min(low, rows.length - 1));
}
