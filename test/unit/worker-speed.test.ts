import { describe, expect, it } from 'vitest';
import { meanBuildMs, timedOf, type Worker } from '../../lib/domain/worker.ts';
import { aWorker, NOW } from '../support/builders.ts';

const last = (lastOutcome: NonNullable<Worker['lastOutcome']>, tookMs: number) =>
  ({ lastOutcome, grantedAt: NOW - tookMs, releasedAt: NOW }) as const;

describe('how long builds take a worker', () => {
  it.each<[string, Partial<Worker>, number | undefined]>([
    ['nobody knows before the first', {}, undefined],
    ['nobody knows of one that failed', last('failed', 100), undefined],
    ['is what the only one took', last('completed', 100), 100],
    ['is the mean of all, the last one included', { timed: { builds: 2, ms: 500 }, ...last('completed', 100) }, 200],
    ['is not that of one that was cancelled', { timed: { builds: 2, ms: 500 }, ...last('cancelled', 1) }, 250],
    ['is not less than nothing, whatever the clocks say', last('completed', -50), 0],
    ['is that of those before while it builds', { timed: { builds: 1, ms: 7 }, grantedAt: NOW }, 7],
  ])('%s', (_what, changes, ms) => expect(meanBuildMs(aWorker(changes))).toBe(ms));

  it('is summed up once for each build', () => {
    const after = timedOf(aWorker(last('completed', 100)));
    expect(after).toEqual({ builds: 1, ms: 100 });
    // A grant writes that down and takes the outcome away.
    expect(timedOf(aWorker({ timed: after, grantedAt: NOW, releasedAt: NOW }))).toEqual(after);
  });
});
