import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECEIVE_COUNT } from '../../infra/queues.ts';
import { firstDueAt } from '../../lib/domain/due.ts';
import { hasAll, LABEL } from '../../lib/domain/labels.ts';
import { goesBefore, MAX_PRIORITY, placeOf, rankOf } from '../../lib/domain/line.ts';
import { aBuild, NOW } from '../support/builders.ts';

const AGING_MS = 600_000;
const time = fc.integer({ min: 0, max: 2 ** 41 });
const build = fc
  .record({ submittedAt: time, priority: fc.integer({ min: 0, max: MAX_PRIORITY }) })
  .map(({ submittedAt, priority }) => ({ submittedAt, rank: rankOf(submittedAt, priority, AGING_MS), priority }));

describe('the line', () => {
  it('has of two builds the one first whose priority is worth more than the other has waited longer', () => {
    fc.assert(
      fc.property(build, build, (one, other) => {
        const waitedLonger = one.submittedAt - other.submittedAt;
        const isWorthMore = (one.priority - other.priority) * AGING_MS > waitedLonger;
        expect(goesBefore(one, other, 1)).toBe(isWorthMore);
      }),
    );
  });

  it('lets nobody pass who comes more than a hundred minutes later, and so nobody starves', () => {
    fc.assert(
      fc.property(build, fc.integer({ min: MAX_PRIORITY * AGING_MS }), (waiting, later) => {
        const submittedAt = waiting.submittedAt + later;
        const newcomer = { submittedAt, rank: rankOf(submittedAt, MAX_PRIORITY, AGING_MS) };
        expect(goesBefore(newcomer, { submittedAt: waiting.submittedAt }, 1)).toBe(false);
      }),
    );
  });

  it('has a place for who asked for nothing: its submit', () => {
    expect(placeOf(aBuild())).toBe(aBuild().submittedAt);
    expect(placeOf(aBuild('pending', { rank: -7 }))).toBe(-7);
  });

  it('lets a message make way twenty times, so that it is far from being a dead letter', () => {
    const [first, second] = [{ submittedAt: 1 }, { submittedAt: 2 }];
    const most = Array.from({ length: MAX_RECEIVE_COUNT }, (_, index) => index + 1).filter((receives) =>
      goesBefore(first, second, receives),
    );
    expect(most).toHaveLength(20);
    expect(most.length).toBeLessThan(MAX_RECEIVE_COUNT / 2);
  });
});

describe('labels', () => {
  it.each(['a', '0', 'xcode=26.1', 'm3-max', 'a'.repeat(40)])('may be %s', (label) => expect(label).toMatch(LABEL));

  it.each(['', 'A', '-a', '.a', '=a', 'a b', 'a,b', 'ä', 'a'.repeat(41), 'a\n'])('may not be %j', (label) =>
    expect(label).not.toMatch(LABEL),
  );

  it('are had by whoever has each of them, and by all where there are none', () => {
    expect([hasAll([]), hasAll([], []), hasAll(['a', 'b'], ['b']), hasAll(['b'], ['a', 'b'])]).toEqual([
      ...[true, true, true, false],
    ]);
  });

  it('give a build nothing to be sent: the sweep need not look at once', () => {
    const submittedAt = NOW;
    expect(firstDueAt(aBuild('pending', { submittedAt }))).toBe(NOW);
    expect(firstDueAt(aBuild('pending', { submittedAt, labels: ['a'] }))).toBe(NOW + 120_000);
  });
});
