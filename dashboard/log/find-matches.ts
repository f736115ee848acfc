import type { Match } from './match.ts';
import type { SearchAnswer, SearchRequest } from './search.ts';

/** More highlights in one line help nobody. */
const MAX_MATCHES_IN_A_LINE = 50;

/**
 * The lines that match, or what is wrong with the expression. Takes as long as the expression makes it: one may backtrack for
 * years on one line. So it runs where it can be stopped, in a worker.
 */
export function findMatches({ query, first, texts }: SearchRequest): SearchAnswer {
  const { text, isRegex, matchCase } = query;
  try {
    const source = isRegex ? text : text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    return matchLines(new RegExp(source, matchCase ? 'g' : 'gi'), texts, first);
  } catch (error) {
    if (error instanceof SyntaxError) return { error: error.message };
    throw error;
  }
}

function matchLines(pattern: RegExp, texts: readonly string[], first: number): Match[] {
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
