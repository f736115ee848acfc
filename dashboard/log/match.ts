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

/** More highlights in one line help nobody. */
const MAX_MATCHES_IN_A_LINE = 50;

/** @throws SyntaxError for what is no regular expression. */
export function compileQuery({ text, isRegex, matchCase }: Query): RegExp {
  return new RegExp(isRegex ? text : text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), matchCase ? 'g' : 'gi');
}

/**
 * The lines that match, numbered from `first` on. Takes as long as the expression makes it: an expression may backtrack
 * for years on one line. So it runs where it can be stopped, in a worker.
 */
export function matchLines(pattern: RegExp, texts: readonly string[], first: number): Match[] {
  return texts.flatMap((text, offset) => {
    const ranges = rangesIn(pattern, text);
    return ranges.length > 0 ? [{ line: first + offset, ranges }] : [];
  });
}

function rangesIn(pattern: RegExp, text: string): number[] {
  const ranges: number[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const length = match[0].length;
    // An empty match is at every place: it would be found here for ever.
    if (length === 0) pattern.lastIndex += 1;
    else ranges.push(match.index, match.index + length);
    if (ranges.length >= MAX_MATCHES_IN_A_LINE * 2) break;
  }
  return ranges;
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
