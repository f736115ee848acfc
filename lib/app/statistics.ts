import type { BuildIndex, Clock, Totals, TotalsStore } from './ports.ts';

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
  /** The old controller's word for seconds of one busy processor. */
  readonly totalCpuCycles: number;
}

/** How many builds there are and were, by state. */
export interface BuildCounts {
  readonly total: number;
  readonly pending: number;
  readonly assigned: number;
  readonly building: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

const DAY_MS = 86_400_000;
/** After ten minutes no clock and no index that lags behind can still add to what finished before. */
const SETTLED_AFTER_MS = 600_000;
/** Between two additions: often enough that a read counts some minutes of builds, and no more. */
const ADD_EVERY_MS = 600_000;
/** Added by one call at most, should the sweep have stood still for long. */
const MOST_AT_ONCE_MS = 31 * DAY_MS;

/** True figures: the totals, and what has finished since, counted one by one. */
export async function readStatistics(deps: Deps): Promise<Statistics> {
  const now = deps.clock();
  const [finished, queued, active, nodesOnline] = await Promise.all([
    readFinished(deps, now),
    deps.index.count('pending'),
    countActive(deps.index),
    deps.index.onlineWorkers(now),
  ]);
  return {
    nodesOnline,
    buildsQueued: queued,
    activeBuilds: active,
    buildsToday: finished.completedOnDay,
    totalBuilds: finished.completed + finished.failed,
    totalBuildTimeMs: finished.buildTimeMs,
    totalCpuCycles: Math.round(finished.cpuMs / 1000),
  };
}

export async function countBuilds(deps: Deps): Promise<BuildCounts> {
  const { index } = deps;
  const [pending, assigned, building, { completed, failed, cancelled }] = await Promise.all([
    index.count('pending'),
    index.count('assigned'),
    index.count('building'),
    readFinished(deps, deps.clock()),
  ]);
  const total = pending + assigned + building + completed + failed + cancelled;
  return { total, pending, assigned, building, completed, failed, cancelled };
}

export async function countActive(index: BuildIndex): Promise<number> {
  const [assigned, building] = await Promise.all([index.count('assigned'), index.count('building')]);
  return assigned + building;
}

async function readFinished(deps: Deps, now: number): Promise<Totals> {
  return withFinishedUntil(deps.index, (await deps.totals.get()) ?? nothingBefore(now), now);
}

/** Adds what has finished to the totals, so that no read ever counts more than some minutes. */
export async function rollUpTotals(deps: Deps): Promise<void> {
  const settled = deps.clock() - SETTLED_AFTER_MS;
  const seen = await deps.totals.get();
  // The first sweep of a deployment comes within its first minutes: nothing can have finished on an earlier day.
  const totals = seen ?? nothingBefore(settled);
  if (settled - totals.through < ADD_EVERY_MS) return;
  const until = Math.min(settled, totals.through + MOST_AT_ONCE_MS);
  await deps.totals.advance(await withFinishedUntil(deps.index, totals, until), seen?.through);
}

const dayOf = (ms: number) => Math.floor(ms / DAY_MS);

function nothingBefore(now: number): Totals {
  const through = dayOf(now) * DAY_MS - 1;
  return { through, completed: 0, failed: 0, cancelled: 0, buildTimeMs: 0, cpuMs: 0, completedOnDay: 0 };
}

async function withFinishedUntil(index: BuildIndex, totals: Totals, until: number): Promise<Totals> {
  let sum = totals;
  while (sum.through < until) {
    const from = sum.through + 1;
    const day = dayOf(from);
    const through = Math.min(until, (day + 1) * DAY_MS - 1);
    const more = await index.finishedOn(day, from, through);
    const earlier = dayOf(sum.through) === day ? sum.completedOnDay : 0;
    sum = {
      through,
      completed: sum.completed + more.completed,
      failed: sum.failed + more.failed,
      cancelled: sum.cancelled + more.cancelled,
      buildTimeMs: sum.buildTimeMs + more.buildTimeMs,
      cpuMs: sum.cpuMs + more.cpuMs,
      completedOnDay: earlier + more.completed,
    };
  }
  return sum;
}
