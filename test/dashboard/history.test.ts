import { describe, expect, it } from 'vitest';
import { countByOutcome, quantile, spreadOf, successBy, summaryOf } from '../../dashboard/history/aggregate.ts';
import { buildMs, type HistoryBuild, pickupMs } from '../../dashboard/history/history-build.ts';
import { periodsBetween } from '../../dashboard/history/periods.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Wednesday, local time. */
const NOON = new Date(2026, 10, 25, 12, 0).getTime();

function build(submitted: number, changes: Partial<HistoryBuild> = {}): HistoryBuild {
  return {
    status: 'completed',
    platform: 'ios',
    submitted_at: submitted,
    queued_at: submitted,
    started_at: submitted + 10_000,
    completed_at: submitted + 10_000 + 5 * MINUTE,
    worker_id: 'w1',
    worker_name: 'mini-1',
    ...changes,
  };
}
const waiting: Partial<HistoryBuild> = {
  status: 'pending',
  started_at: null,
  completed_at: null,
  worker_id: null,
  worker_name: null,
};

describe('what one build adds', () => {
  it('is its latest wait, and how long it took if it was completed', () => {
    expect(pickupMs(build(NOON))).toBe(10_000);
    expect(pickupMs(build(NOON, { queued_at: NOON + 4_000 }))).toBe(6_000);
    expect(pickupMs(build(NOON, waiting))).toBeUndefined();
    expect(buildMs(build(NOON))).toBe(5 * MINUTE);
    expect(buildMs(build(NOON, { status: 'failed' }))).toBeUndefined();
    expect(pickupMs(build(NOON, { started_at: NOON - 3 }))).toBe(0);
  });
});

describe('periods', () => {
  it('are hours for two days, days for a quarter, weeks beyond', () => {
    expect(periodsBetween(NOON - 48 * HOUR, NOON)).toMatchObject({ kind: 'hour' });
    expect(periodsBetween(NOON - 49 * HOUR, NOON)).toMatchObject({ kind: 'day' });
    expect(periodsBetween(NOON - 92 * 24 * HOUR, NOON)).toMatchObject({ kind: 'day' });
    expect(periodsBetween(NOON - 94 * 24 * HOUR, NOON)).toMatchObject({ kind: 'week' });
  });

  it('have no gaps, and begin where the reader’s days begin', () => {
    const { starts, indexOf } = periodsBetween(NOON - 10 * 24 * HOUR, NOON);
    expect(starts).toHaveLength(11);
    expect(starts.map((start) => new Date(start).getHours())).toEqual(starts.map(() => 0));
    expect(indexOf(NOON)).toBe(10);
    expect(indexOf(new Date(2026, 10, 25).getTime())).toBe(10);
    expect(indexOf(new Date(2026, 10, 25).getTime() - 1)).toBe(9);
    expect(indexOf(NOON + 24 * HOUR)).toBe(-1);
  });

  it('begin on Mondays where they are weeks', () => {
    const { starts } = periodsBetween(NOON - 200 * 24 * HOUR, NOON);
    expect(new Set(starts.map((start) => new Date(start).getDay()))).toEqual(new Set([1]));
    expect(starts.at(-1)).toBe(new Date(2026, 10, 23).getTime());
  });

  it('are one for one moment', () => expect(periodsBetween(NOON, NOON).starts).toEqual([NOON]));
});

describe('series', () => {
  const day = 24 * HOUR;
  const builds = [
    build(NOON, waiting),
    build(NOON - HOUR, { status: 'failed' }),
    build(NOON - 2 * HOUR, { queued_at: NOON - 2 * HOUR, started_at: NOON - 2 * HOUR + 90_000 }),
    build(NOON - 5 * day),
    build(NOON - 5 * day, { status: 'cancelled', ...{ started_at: null, worker_id: null } }),
  ];
  const periods = periodsBetween(NOON - 5 * day, NOON);

  it('count the ends of each day', () => {
    expect(countByOutcome(builds, periods)).toEqual({
      completed: [1, 0, 0, 0, 0, 1],
      failed: [0, 0, 0, 0, 0, 1],
      cancelled: [1, 0, 0, 0, 0, 0],
      live: [0, 0, 0, 0, 0, 1],
    });
  });

  it('have the middle and the slow end, and nothing where there is nothing', () => {
    expect(spreadOf(builds, periods, pickupMs)).toEqual({
      p50: [10_000, null, null, null, null, 10_000],
      p95: [10_000, null, null, null, null, 90_000],
    });
  });

  it('leave out what is in none of the periods', () => {
    const later = periodsBetween(NOON - day, NOON);
    expect(
      Object.values(countByOutcome(builds, later))
        .flat()
        .reduce((a, b) => a + b),
    ).toBe(3);
    expect(spreadOf(builds, later, pickupMs).p50.filter((ms) => ms !== null)).toEqual([90_000, 10_000]);
  });
});

describe('quantiles', () => {
  it('are values that occurred', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
    expect([0, 0.5, 0.95, 1].map((part) => quantile(hundred, part))).toEqual([1, 50, 95, 100]);
    expect(quantile([7], 0.95)).toBe(7);
    expect(quantile([], 0.5)).toBeNull();
  });
});

describe('success', () => {
  const builds = [
    build(NOON, { worker_name: 'renamed' }),
    build(NOON - 1, { status: 'failed' }),
    build(NOON - 2, { completed_at: NOON + 10_000 + HOUR }),
    build(NOON - 3, { status: 'cancelled' }),
    build(NOON - 4, { worker_id: 'w2', worker_name: null, platform: 'android', status: 'failed' }),
    build(NOON - 5, { ...waiting, status: 'failed' }),
  ];

  it('is told by worker, with its latest name, and leaves out who had none', () => {
    expect(successBy(builds, 'worker')).toEqual([
      { key: 'w1', name: 'renamed', completed: 2, failed: 1, usualMs: 5 * MINUTE },
      { key: 'w2', name: 'w2', completed: 0, failed: 1, usualMs: null },
    ]);
  });

  it('is told by platform', () => {
    expect(successBy(builds, 'platform').map(({ key, completed, failed }) => [key, completed, failed])).toEqual([
      ['ios', 2, 2],
      ['android', 0, 1],
    ]);
  });
});

describe('the summary', () => {
  it('is of all that were loaded', () => {
    expect(summaryOf([build(NOON), build(NOON - HOUR, { status: 'failed' }), build(NOON - 2 * HOUR, waiting)])).toEqual(
      {
        total: 3,
        counts: { completed: 1, failed: 1, cancelled: 0, live: 1 },
        pickupP50: 10_000,
        pickupP95: 10_000,
        buildP50: 5 * MINUTE,
        from: NOON - 2 * HOUR,
        to: NOON,
      },
    );
    expect(summaryOf([])).toBeUndefined();
  });
});
