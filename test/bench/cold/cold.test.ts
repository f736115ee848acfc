import { describe, expect, it } from 'vitest';
import { median } from '../report/statistics.ts';
import { coldSection } from './section.ts';

describe('the time in which functions load', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])('of %j the median is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('is a ratio to the clients of AWS of the same run, the slowest first', () => {
    const machine = { node: '24.0.0', cores: 2, cpu: 'a processor', loadBefore: 0 };
    const one = (name: string, ratio: number) => ({ name, bytes: 9_400, medianMs: 50, minMs: 40, maxMs: 60.25, ratio });
    const text = coldSection({ machine, rounds: 5, imports: [one('quick', 0.5), one('slow', 2)] });
    expect(text.split('\n').slice(-2)).toEqual([
      '| slow | 9 | 2.00 | 50.0 | 40.0 to 60.3 |',
      '| quick | 9 | 0.50 | 50.0 | 40.0 to 60.3 |',
    ]);
  });
});
