import { describe, expect, it } from 'vitest';
import { findMatches } from '../../dashboard/log/find-matches.ts';
import type { LogLine } from '../../dashboard/log/log-model.ts';
import { findMatch, nextMatch, type Query } from '../../dashboard/log/match.ts';
import { createSearch, type SearchAnswer, type SearchRequest } from '../../dashboard/log/search.ts';

const plain = (text: string): Query => ({ text, isRegex: false, matchCase: false });
const regex = (text: string): Query => ({ text, isRegex: true, matchCase: false });
const find = (query: Query, ...texts: string[]) => findMatches({ query, texts, first: 0 });

describe('matches', () => {
  it('are the places of the text, whatever its case, unless that is asked for', () => {
    expect(find(plain('err'), 'Error: err', 'fine', 'ERR')).toEqual([
      { line: 0, ranges: [0, 3, 7, 10] },
      { line: 2, ranges: [0, 3] },
    ]);
    expect(find({ ...plain('err'), matchCase: true }, 'Error: err')).toEqual([{ line: 0, ranges: [7, 10] }]);
  });

  it('of a text are never those of an expression', () => {
    const signs = '\\^$.*+?()[]{}|/-';
    expect(find(plain(signs), `x${signs}`)).toEqual([{ line: 0, ranges: [1, 1 + signs.length] }]);
    expect(find(plain('.'), 'abc')).toEqual([]);
  });

  it('of an expression are as long as they are, and an empty one is none', () => {
    expect(find(regex('e\\d+'), 'e1 e22 e')).toEqual([{ line: 0, ranges: [0, 2, 3, 6] }]);
    expect(find(regex('x*'), 'axxb')).toEqual([{ line: 0, ranges: [1, 3] }]);
    expect(find(regex('^'), 'ab')).toEqual([]);
  });

  it('in one line are at most fifty', () => {
    expect(find(plain('a'), 'a'.repeat(8_000))).toEqual([
      { line: 0, ranges: expect.objectContaining({ length: 100 }) },
    ]);
  });

  it('are gone through in both directions, round the end', () => {
    const matches = [3, 5, 9].map((line) => ({ line, ranges: [0, 1] }));
    expect([0, 3, 4, 9].map((line) => nextMatch(matches, line, false))).toEqual([0, 1, 1, 0]);
    expect([9, 4, 3].map((line) => nextMatch(matches, line, true))).toEqual([1, 0, 2]);
    expect(nextMatch([], 0, false)).toBe(-1);
    expect([0, 3, 5, 6, 9, 10].map((line) => findMatch(matches, line)?.line)).toEqual([
      undefined,
      3,
      5,
      undefined,
      9,
      undefined,
    ]);
  });
});

/** A worker that answers when it is told to, and a clock that rings when it is told to. */
function world(count: number, message = (at: number) => `line ${at}`) {
  const lines: LogLine[] = [];
  const add = (many: number) => {
    for (let at = 0; at < many; at += 1) lines.push({ timestamp: at, level: 'info', message: message(lines.length) });
  };
  add(count);
  const requests: SearchRequest[] = [];
  let answer: (value: SearchAnswer) => void = () => {};
  let ring: (() => void) | undefined;
  let changes = 0;
  const ended: number[] = [];
  let opened = 0;
  const search = createSearch(
    {
      openPort: (onAnswer) => {
        opened += 1;
        answer = onAnswer;
        const end = () => {
          ended.push(opened);
          requests.length = 0;
        };
        return { post: (request) => requests.push(request), end };
      },
      after: (_ms, run) => {
        ring = run;
        return () => {
          ring = undefined;
        };
      },
    },
    lines,
    () => {
      changes += 1;
    },
  );
  const answerOne = () => {
    const request = requests.shift();
    if (!request) throw new Error('nothing was asked');
    answer(findMatches(request));
  };
  return {
    search,
    requests,
    ended,
    add,
    ready: () => answer('ready'),
    fail: () => answer('failed'),
    answerOne,
    answerAll: () => {
      while (requests.length > 0) answerOne();
    },
    ring: () => ring?.(),
    isTimed: () => ring !== undefined,
    counts: () => ({ changes, opened }),
  };
}

describe('a search', () => {
  it('asks for nothing before the worker is there, then for piece after piece', () => {
    const { search, requests, ready, answerOne, answerAll } = world(2_500);
    search.start(plain('line 1'));
    expect(requests).toEqual([]);
    ready();
    expect(requests.map(({ first, texts }) => [first, texts.length])).toEqual([[0, 1_000]]);
    answerOne();
    expect(search.state.matches).toHaveLength(111);
    expect(search.state.isRunning).toBe(true);
    answerAll();
    expect(search.state).toMatchObject({ searched: 2_500, isRunning: false, isCut: false });
    expect(search.state.matches).toHaveLength(1_111);
  });

  it('goes on with lines that come later', () => {
    const { search, ready, answerAll, add } = world(10);
    search.start(plain('line'));
    ready();
    answerAll();
    add(5);
    search.extend();
    answerAll();
    expect(search.state.matches.map(({ line }) => line)).toEqual(Array.from({ length: 15 }, (_, at) => at));
  });

  it('searches what is shown, not the escapes', () => {
    const { search, requests, ready } = world(1, () => '\x1b[31mre\x1b[32md');
    search.start(plain('red'));
    ready();
    expect(requests[0]?.texts).toEqual(['red']);
  });

  it('forgets the answer to an earlier question', () => {
    const { search, ready, answerOne, answerAll, counts } = world(20);
    search.start(plain('line'));
    ready();
    search.start(plain('7'));
    answerOne();
    expect(search.state.matches).toEqual([]);
    answerAll();
    expect(search.state.matches.map(({ line }) => line)).toEqual([7, 17]);
    expect(counts().opened).toBe(1);
  });

  it('ends a worker that does not answer, says so, and searches on with another', () => {
    const { search, ready, ring, ended, answerAll } = world(20);
    search.start(regex('(a+)+$'));
    ready();
    ring();
    expect(ended).toEqual([1]);
    expect(search.state).toMatchObject({ error: expect.stringContaining('too long'), isRunning: false });
    search.extend();
    expect(search.state.isRunning).toBe(false);
    search.start(plain('line 19'));
    ready();
    answerAll();
    expect(search.state.matches).toEqual([{ line: 19, ranges: [0, 7] }]);
  });

  it('says that it could not be started, and tries again with the next question', () => {
    const { search, fail, ready, answerAll, counts } = world(20);
    search.start(plain('line'));
    fail();
    expect(search.state).toMatchObject({ error: expect.stringContaining('load the page again'), isRunning: false });
    search.start(plain('line 7'));
    ready();
    answerAll();
    expect(search.state.matches).toHaveLength(1);
    expect(counts().opened).toBe(2);
  });

  it('says what is wrong with an expression, and goes on with another', () => {
    const { search, ready, answerAll, counts } = world(20);
    search.start(regex('('));
    ready();
    answerAll();
    expect(search.state).toMatchObject({ error: expect.stringContaining('Invalid regular'), isRunning: false });
    search.start(regex('line 1$'));
    answerAll();
    expect(search.state.matches).toEqual([{ line: 1, ranges: [0, 6] }]);
    expect(counts().opened).toBe(1);
  });

  it('keeps ten thousand matching lines, and says that there are more', () => {
    const { search, ready, answerAll } = world(10_500);
    search.start(plain('line'));
    ready();
    answerAll();
    expect(search.state.matches).toHaveLength(10_000);
    expect(search.state).toMatchObject({ isCut: true, isRunning: false });
  });

  it('is over when nothing is searched any more', () => {
    const { search, ready, answerAll, ended, isTimed } = world(20);
    search.start(plain('line'));
    ready();
    search.start(undefined);
    answerAll();
    expect(search.state.matches).toEqual([]);
    expect(isTimed()).toBe(false);
    search.end();
    expect(ended).toEqual([1]);
  });
});
