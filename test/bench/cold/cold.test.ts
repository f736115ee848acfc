import { describe, expect, it } from 'vitest';
import { median, ratiosOf, spreadOf } from '../report/statistics.ts';
import { BARE } from './measure.ts';
import { coldSection } from './section.ts';

describe('the time in which functions load', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])('of %j the median is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('is a ratio to the clients of AWS of the same round, the slowest first', () => {
    const machine = { node: '24.0.0', cores: 2, cpu: 'a processor', loadBefore: 0 };
    const bare = [10, 100, 20];
    const one = (name: string, ms: readonly number[]) => ({
      name,
      bytes: 9_400,
      ms: spreadOf(ms),
      ...(name !== BARE && { ratio: ratiosOf(ms, bare) }),
    });
    const imports = [one('quick', [5, 50, 10]), one(BARE, bare), one('slow', [20, 150, 60])];
    expect(coldSection({ machine, rounds: 3, imports }).split('\n').slice(-3)).toEqual([
      '| slow | 9 | 2.00 (1.50 to 3.00) | 60.0 (20.0 to 150.0) |',
      `| ${BARE} | 9 | – | 20.0 (10.0 to 100.0) |`,
      '| quick | 9 | 0.50 (0.50 to 0.50) | 10.0 (5.0 to 50.0) |',
    ]);
  });
});
