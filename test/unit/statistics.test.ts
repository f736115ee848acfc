import { beforeEach, describe, expect, it } from 'vitest';
import type { BuildIndex, Totals } from '../../lib/app/ports.ts';
import { countBuilds, readStatistics, rollUpTotals } from '../../lib/app/statistics.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const MIDNIGHT = 20_000 * DAY;

interface Ended {
  readonly at: number;
  readonly state: 'completed' | 'failed' | 'cancelled';
}

let now: number;
let stored: Totals | undefined;
let ended: Ended[];
let asked: [number, number][];
beforeEach(() => {
  now = MIDNIGHT + 6 * 60 * MINUTE;
  stored = undefined;
  ended = [];
  asked = [];
});

/** Every build took one minute, half of a processor's. */
const deps = () => ({
  clock: () => now,
  index: {
    finishedOn: async (day: number, from: number, to: number) => {
      expect([Math.floor(from / DAY), Math.floor(to / DAY), from <= to]).toEqual([day, day, true]);
      asked.push([from, to]);
      const found = ended.filter(({ at }) => at >= from && at <= to);
      const of = (state: string) => found.filter((build) => build.state === state).length;
      const [completed, failed, cancelled] = [of('completed'), of('failed'), of('cancelled')];
      const buildTimeMs = (completed + failed) * MINUTE;
      return { completed, failed, cancelled, buildTimeMs, cpuMs: buildTimeMs / 2 };
    },
    count: async (state: string) => ({ pending: 4, assigned: 1, building: 2 })[state],
    onlineWorkers: async () => 3,
  } as unknown as BuildIndex,
  totals: {
    get: async () => stored,
    advance: async (next: Totals, previous: number | undefined) => {
      if (stored?.through !== previous) return false;
      stored = next;
      return true;
    },
  },
});

const NOTHING = { completed: 0, failed: 0, cancelled: 0, buildTimeMs: 0, cpuMs: 0, completedOnDay: 0 };
const completed = (at: number): Ended => ({ at, state: 'completed' });

describe('the statistics', () => {
  it('of an empty table are zeros, not absent and not invented', async () => {
    expect(await readStatistics(deps())).toEqual({
      nodesOnline: 3,
      buildsQueued: 4,
      activeBuilds: 3,
      buildsToday: 0,
      totalBuilds: 0,
      totalBuildTimeMs: 0,
      totalCpuCycles: 0,
    });
  });

  it('are the totals and what has finished since, each build once', async () => {
    stored = {
      ...NOTHING,
      through: MIDNIGHT - 2 * DAY,
      completed: 10,
      failed: 5,
      cancelled: 3,
      buildTimeMs: 1000,
      cpuMs: 499,
    };
    ended = [
      completed(MIDNIGHT - 2 * DAY),
      completed(MIDNIGHT - 2 * DAY + 1),
      { at: MIDNIGHT - 1, state: 'failed' },
      completed(MIDNIGHT),
      completed(now),
      { at: now, state: 'cancelled' },
      completed(now + 1),
    ];
    expect(await readStatistics(deps())).toMatchObject({
      buildsToday: 2,
      totalBuilds: 19,
      totalBuildTimeMs: 1000 + 4 * MINUTE,
      totalCpuCycles: 120,
    });
    expect(await countBuilds(deps())).toEqual({
      total: 30,
      pending: 4,
      assigned: 1,
      building: 2,
      completed: 13,
      failed: 6,
      cancelled: 4,
    });
  });

  it('say the same before and after any roll-up, over days and midnights', async () => {
    const start = now - 20 * 60 * MINUTE;
    ended = Array.from({ length: 200 }, (_, at) => completed(start + at * 13 * MINUTE));
    stored = { ...NOTHING, through: start - 1 };
    for (now = start; now < start + 2 * DAY; now += 7 * MINUTE) {
      const before = await readStatistics(deps());
      const finished = ended.filter(({ at }) => at <= now);
      const today = finished.filter(({ at }) => Math.floor(at / DAY) === Math.floor(now / DAY));
      expect(before).toMatchObject({ totalBuilds: finished.length, buildsToday: today.length });
      await rollUpTotals(deps());
      expect(await readStatistics(deps())).toEqual(before);
    }
  });

  it('count some minutes of builds, however many there were before', async () => {
    await rollUpTotals(deps());
    asked = [];
    for (let minute = 0; minute < 60; minute++) {
      now += MINUTE;
      await rollUpTotals(deps());
      await readStatistics(deps());
    }
    expect(Math.max(...asked.map(([from, to]) => to - from))).toBeLessThanOrEqual(20 * MINUTE);
  });

  it('are not rolled up before ten minutes have passed, as something may still be on its way', async () => {
    stored = { ...NOTHING, through: now - 20 * MINUTE + 1 };
    await rollUpTotals(deps());
    expect(stored.through).toBe(now - 20 * MINUTE + 1);
    now += 1;
    await rollUpTotals(deps());
    expect(stored.through).toBe(now - 10 * MINUTE);
  });

  it('catch up by a month at most when the sweep stood still', async () => {
    stored = { ...NOTHING, through: now - 40 * DAY };
    await rollUpTotals(deps());
    expect(stored.through).toBe(now - 9 * DAY);
    await rollUpTotals(deps());
    expect(stored.through).toBe(now - 10 * MINUTE);
  });

  it('leave it to the other sweep when two roll up at once', async () => {
    const seen = { ...NOTHING, through: now - DAY };
    stored = seen;
    const racing = { ...deps(), totals: { get: async () => stored, advance: async () => false } };
    await rollUpTotals(racing);
    expect(stored).toBe(seen);
  });
});
