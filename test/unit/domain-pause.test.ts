import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pauses, pastAfter, pausedMs } from '../../lib/domain/pause.ts';
import { timeoutOf } from '../../lib/domain/timeouts.ts';
import { aBuild, NOW } from '../support/builders.ts';

const pausesOf = (past: [number, number][], since?: number): Pauses => ({
  platform: 'ios',
  past: past.map(([from, to]) => ({ from, to })),
  ...(since !== undefined && { pause: { reason: 'r', since, by: 'root' } }),
});

describe('the time for which a platform was paused', () => {
  it.each<[string, Pauses, number]>([
    ['is none without pauses', pausesOf([]), 0],
    ['is that of a pause in between', pausesOf([[120, 150]]), 30],
    ['is what of a pause lies in between', pausesOf([[50, 120]]), 20],
    ['is all of it in a longer pause', pausesOf([[50, 500]]), 100],
    [
      'is nothing of what was before or after',
      pausesOf([
        [0, 100],
        [200, 300],
      ]),
      0,
    ],
    [
      'is that of several',
      pausesOf([
        [50, 110],
        [120, 130],
        [190, 300],
      ]),
      30,
    ],
    ['counts the pause that stands up to now', pausesOf([[110, 120]], 170), 40],
    ['counts nothing of one that begins later', pausesOf([], 250), 0],
  ])('%s', (_what, pauses, ms) => expect(pausedMs(pauses, 100, 200)).toBe(ms));

  it('is never negative, and never more than has passed', () => {
    const moment = fc.integer({ min: 0, max: 1_000 });
    const past = fc.array(fc.tuple(moment, moment), { maxLength: 5 });
    fc.assert(
      fc.property(past, fc.option(moment, { nil: undefined }), moment, moment, (raw, since, a, b) => {
        // Pauses of one platform follow one another.
        const edges = raw.flat().sort((x, y) => x - y);
        const pauses = edges.flatMap((edge, at) =>
          at % 2 === 0 ? [[edge, edges[at + 1] ?? edge] as [number, number]] : [],
        );
        const after = since === undefined ? undefined : Math.max(since, ...edges, 0);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const ms = pausedMs(pausesOf(pauses, after), from, to);
        return ms >= 0 && ms <= to - from;
      }),
    );
  });

  it('is remembered of the last fifty', () => {
    const many = pausesOf(
      Array.from({ length: 50 }, (_, at) => [at * 10, at * 10 + 5]),
      1_000,
    );
    const past = pastAfter(many, 1_010);
    expect(past).toHaveLength(50);
    expect([past[0], past.at(-1)]).toEqual([
      { from: 10, to: 15 },
      { from: 1_000, to: 1_010 },
    ]);
    expect(pastAfter(pausesOf([]), 5)).toEqual([]);
  });
});

describe('the limit for waiting', () => {
  const limits = { maxQueueMs: 1_000, maxBuildMs: 1_000 };
  const build = aBuild('pending', { queuedAt: NOW });
  const waited = (ms: number, pauses?: Pauses) => timeoutOf(build, limits, NOW + ms, pauses)?.kind;

  it('does not count the time for which its platform was paused', () => {
    const pauses = pausesOf([[NOW - 100, NOW + 400]]);
    expect([waited(999), waited(1_000)]).toEqual([undefined, 'timeout_queue']);
    expect([waited(1_399, pauses), waited(1_400, pauses)]).toEqual([undefined, 'timeout_queue']);
    expect(waited(1_000_000, pausesOf([], NOW))).toBeUndefined();
  });

  it('for working counts it: who has the build works', () => {
    const held = aBuild('building', { startedAt: NOW });
    expect(timeoutOf(held, limits, NOW + 1_000, pausesOf([], NOW))?.kind).toBe('timeout_build');
  });
});
