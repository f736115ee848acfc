import type { BuildIndex, Clock, DayTotals, Totals, TotalsStore } from './ports.ts';

interface Deps {
  readonly index: BuildIndex;
  readonly totals: TotalsStore;
  readonly clock: Clock;
}

export interface Statistics {
  readonly nodesOnline: number;
  readonly buildsQueued: number;
  readonly activeBuilds: number;
  /** Completed since midnight UTC. */
  readonly buildsToday: number;
  /** Completed and failed, ever. */
  readonly totalBuilds: number;
  readonly totalBuildTimeMs: number;
}

const DAY_MS = 86_400_000;
/** An hour after midnight no clock anywhere can still add to yesterday. */
const DAY_IS_OVER_AFTER_MS = 3_600_000;
/** Days rolled up by one call, should the sweep have stood still for long. */
const MAX_DAYS_AT_ONCE = 31;

/** True figures: rolled-up totals, and the days that are not rolled up yet counted one by one. */
export async function readStatistics(deps: Deps): Promise<Statistics> {
  const now = deps.clock();
  const today = Math.floor(now / DAY_MS);
  const totals = await deps.totals.get();
  const firstDay = Math.max(totals ? totals.throughDay + 1 : today, today - MAX_DAYS_AT_ONCE);
  const days = await Promise.all(daysFrom(firstDay, today).map((day) => deps.index.finishedOn(day)));
  const all = [...(totals ? [totals] : []), ...days].reduce(add, NOTHING);
  const [buildsQueued, activeBuilds, nodesOnline] = await Promise.all([
    deps.index.count('pending'),
    deps.index.count('leased'),
    deps.index.onlineWorkers(now),
  ]);
  return {
    nodesOnline,
    buildsQueued,
    activeBuilds,
    buildsToday: days.at(-1)?.completed ?? 0,
    totalBuilds: all.completed + all.failed,
    totalBuildTimeMs: all.buildTimeMs,
  };
}

/** Adds the days that are over to the totals, so that no read ever counts more than a few days. */
export async function rollUpTotals(deps: Deps): Promise<void> {
  const lastFullDay = Math.floor((deps.clock() - DAY_IS_OVER_AFTER_MS) / DAY_MS) - 1;
  let seen = await deps.totals.get();
  // The first sweep of a deployment comes within its first minutes: nothing can have finished on an earlier day.
  const first = seen ? seen.throughDay + 1 : lastFullDay;
  for (const day of daysFrom(first, Math.min(lastFullDay, first + MAX_DAYS_AT_ONCE))) {
    const next: Totals = { ...add(seen ?? NOTHING, await deps.index.finishedOn(day)), throughDay: day };
    if (!(await deps.totals.advance(next, seen?.throughDay))) return;
    seen = next;
  }
}

const NOTHING: DayTotals = { completed: 0, failed: 0, buildTimeMs: 0 };

function add(a: DayTotals, b: DayTotals): DayTotals {
  return {
    completed: a.completed + b.completed,
    failed: a.failed + b.failed,
    buildTimeMs: a.buildTimeMs + b.buildTimeMs,
  };
}

function daysFrom(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
