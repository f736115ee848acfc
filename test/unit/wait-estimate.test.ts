import { describe, expect, it } from 'vitest';
import { startsInMs, typicalMs } from '../../lib/domain/wait-estimate.ts';

describe('how long builds take', () => {
  it('is the median, which one that hung does not change', () => {
    expect(typicalMs([10, 500, 12, 11, 13])).toBe(12);
  });

  it('is not known from four', () => {
    expect(typicalMs([10, 10, 10, 10])).toBeUndefined();
  });
});

describe('when it is a build’s turn', () => {
  const free = {};
  it.each([
    ['with a free worker and nobody before it', 0, [free], 0],
    ['with one worker that is half through', 0, [{ busyForMs: 60 }], 40],
    ['with one that is late and may end at any moment', 0, [{ busyForMs: 500 }], 0],
    ['behind two, with one worker', 2, [free], 200],
    ['behind two, with two workers', 2, [free, { busyForMs: 60 }], 100],
    ['behind three, with two workers that are busy', 3, [{ busyForMs: 90 }, { busyForMs: 60 }], 140],
  ])('%s', (_case, ahead, workers, expected) => {
    expect(startsInMs(ahead, workers, 100)).toBe(expected);
  });

  it('is not known without a worker', () => {
    expect(startsInMs(0, [], 100)).toBeUndefined();
    expect(startsInMs(7, [], 100)).toBeUndefined();
  });
});
