import { buildMs, type HistoryBuild, type Outcome, OUTCOMES, outcomeOf, pickupMs } from './history-build.ts';
import type { Periods } from './periods.ts';

/** How many builds of each period came to which end, by when they were submitted. */
export function countByOutcome(builds: readonly HistoryBuild[], periods: Periods): Record<Outcome, number[]> {
  const zeros = () => periods.starts.map(() => 0);
  const counts: Record<Outcome, number[]> = { completed: zeros(), failed: zeros(), cancelled: zeros(), live: zeros() };
  for (const build of builds) {
    const index = periods.indexOf(build.submitted_at);
    const row = counts[outcomeOf(build)];
    const before = row[index];
    if (before !== undefined) row[index] = before + 1;
  }
  return counts;
}

export interface Spread {
  /** Null where there is nothing to tell. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
}

type Measure = (build: HistoryBuild) => number | undefined;

/** The middle and the slow end of something measured, in each period. */
export function spreadOf(builds: readonly HistoryBuild[], periods: Periods, measure: Measure): Spread {
  const values: number[][] = periods.starts.map(() => []);
  for (const build of builds) {
    const value = measure(build);
    if (value !== undefined) values[periods.indexOf(build.submitted_at)]?.push(value);
  }
  const sorted = values.map((some) => some.toSorted((a, b) => a - b));
  return {
    p50: sorted.map((some) => quantile(some, 0.5)),
    p95: sorted.map((some) => quantile(some, 0.95)),
  };
}

/** The smallest value that so large a part is at or below; of numbers in order. */
export function quantile(sorted: readonly number[], part: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
}

export interface Success {
  readonly key: string;
  readonly name: string;
  readonly completed: number;
  readonly failed: number;
  /** Of completed builds; null: none. */
  readonly usualMs: number | null;
}

/** How builds ended, worker by worker or platform by platform; cancelled ones say nothing of either. Most builds first. */
export function successBy(builds: readonly HistoryBuild[], by: 'worker' | 'platform'): Success[] {
  const groups = Map.groupBy(
    builds.filter((build) => build.status === 'completed' || build.status === 'failed'),
    (build) => (by === 'platform' ? build.platform : build.worker_id),
  );
  // A build that failed in the queue had no worker.
  groups.delete(null);
  return [...groups]
    .map(([key, members]) => successOf(key ?? '', by, members))
    .toSorted((a, b) => b.completed + b.failed - (a.completed + a.failed));
}

function successOf(key: string, by: 'worker' | 'platform', members: readonly HistoryBuild[]): Success {
  const times = members.map(buildMs).filter((ms) => ms !== undefined);
  const completed = members.filter(({ status }) => status === 'completed').length;
  // Names may have been changed: the newest build, which comes first, has the latest.
  const name = by === 'platform' ? key : (members[0]?.worker_name ?? key);
  const usualMs = quantile(
    times.toSorted((a, b) => a - b),
    0.5,
  );
  return { key, name, completed, failed: members.length - completed, usualMs };
}

export interface Summary {
  readonly total: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly pickupP50: number | null;
  readonly pickupP95: number | null;
  readonly buildP50: number | null;
  /** When the oldest and the newest of them were submitted. */
  readonly from: number;
  readonly to: number;
}

/** Undefined of no builds. */
export function summaryOf(builds: readonly HistoryBuild[]): Summary | undefined {
  if (builds.length === 0) return undefined;
  const sorted = (measure: Measure) =>
    builds
      .map(measure)
      .filter((value) => value !== undefined)
      .toSorted((a, b) => a - b);
  const pickups = sorted(pickupMs);
  const submits = builds.map(({ submitted_at: at }) => at);
  const counts = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, builds.filter((build) => outcomeOf(build) === outcome).length]),
  ) as Record<Outcome, number>;
  return {
    total: builds.length,
    counts,
    pickupP50: quantile(pickups, 0.5),
    pickupP95: quantile(pickups, 0.95),
    buildP50: quantile(sorted(buildMs), 0.5),
    from: submits.reduce((a, b) => Math.min(a, b)),
    to: submits.reduce((a, b) => Math.max(a, b)),
  };
}
