/** What is searched for. */
export interface Query {
  readonly text: string;
  readonly isRegex: boolean;
  readonly matchCase: boolean;
}

/** A line with matches, and where in it they are: start, end, start, end… */
export interface Match {
  readonly line: number;
  readonly ranges: readonly number[];
}

/** The match in the nearest line behind (or before) a line, round the end of the log; -1 without any. */
export function nextMatch(matches: readonly Match[], line: number, isBackwards: boolean): number {
  if (matches.length === 0) return -1;
  if (isBackwards) {
    const before = matches.findLastIndex((match) => match.line < line);
    return before === -1 ? matches.length - 1 : before;
  }
  const behind = matches.findIndex((match) => match.line > line);
  return behind === -1 ? 0 : behind;
}

/** The match in a line, if there is one. */
export function findMatch(matches: readonly Match[], line: number): Match | undefined {
  let [low, high] = [0, matches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((matches[middle]?.line ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return matches[low]?.line === line ? matches[low] : undefined;
}
