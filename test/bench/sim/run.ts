import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allOf, priceOf } from '../cost/bill.ts';
import { type Counts, NOTHING, sum, times } from '../cost/counts.ts';
import { type CostRecord, readRecord } from '../cost/record.ts';
import { DEFAULTS } from '../cost/settings.ts';
import { rounded } from '../report/results.ts';
import { firstLimit } from './limits.ts';
import { fixed, hint, PACES } from './paces.ts';
import { quantile, type Service } from './simulate.ts';
import { simulateWeek, type Week } from './week.ts';

export interface SimSettings {
  readonly seed: number;
  readonly pollMs: number;
  readonly buildMinutes: number;
  readonly lambdaMs: number;
}

export const SIM_DEFAULTS: SimSettings = { seed: 7, pollMs: 60, buildMinutes: 10, lambdaMs: 20 };

export const SIM_FILE = join(import.meta.dirname, '../sim.json');

export interface Row {
  readonly workers: number;
  readonly buildsPerDay: number;
  /** Whether workers wait as long as the controller says, or 30 s always. */
  readonly hint: boolean;
  /** Seconds. Absent: too few builds to say. */
  readonly p50?: number;
  readonly p99?: number;
  readonly pollsPerDay: number;
  readonly usdPerDay: number;
  readonly limit: string;
  readonly raisedBy: string;
  /** Of the first limit, in the busiest stretch. */
  readonly used: number;
}

export interface PaceRow {
  readonly workers: number;
  readonly buildsPerDay: number;
  readonly pace: string;
  readonly p50: number;
  readonly p99: number;
  /** Against a poll each 5 s. */
  readonly latency: number;
  readonly cost: number;
}

export interface SimRecord {
  readonly settings: SimSettings;
  readonly rows: readonly Row[];
  readonly paces: readonly PaceRow[];
}

const FLEETS = [10, 100, 1_000, 10_000, 100_000];
const BUILDS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/** In the busiest hour of a week there are 3.4 times as many builds as on average, of ten minutes each. */
const MOST_BUILDS_OF_A_WORKER = 35;

const LOADS = FLEETS.flatMap((workers) =>
  BUILDS.filter((builds) => builds <= workers * MOST_BUILDS_OF_A_WORKER && builds * 100 >= workers).map(
    (buildsPerDay) => ({ workers, buildsPerDay }),
  ),
);

const PACE_LOADS = [
  { workers: 5, buildsPerDay: 20 },
  { workers: 10, buildsPerDay: 200 },
];

export function runAll(settings: SimSettings, loads = LOADS, paceLoads = PACE_LOADS): SimRecord {
  const rows = loads.flatMap((load) => [true, false].map((isHint) => runOne(settings, load, isHint)));
  return { settings, rows, paces: paceLoads.flatMap((load) => comparePaces(settings, load)) };
}

interface Load {
  readonly workers: number;
  readonly buildsPerDay: number;
}

const serviceOf = ({ pollMs, buildMinutes }: SimSettings): Service => ({ pollMs, buildMs: buildMinutes * 60_000 });

function runOne(settings: SimSettings, { workers, buildsPerDay }: Load, isHint: boolean): Row {
  const week = simulateWeek(isHint ? hint : fixed(30_000), workers, buildsPerDay, serviceOf(settings), settings.seed);
  const { limit, share } = firstLimit({ perSecond: week.perSecond, lambdaMs: settings.lambdaMs });
  const { pickups } = week;
  return {
    workers,
    buildsPerDay,
    hint: isHint,
    ...(pickups.length >= 20 && { p50: rounded(quantile(pickups, 0.5) / 1000) }),
    ...(pickups.length >= 200 && { p99: rounded(quantile(pickups, 0.99) / 1000) }),
    pollsPerDay: Math.round(week.perDay.polls),
    usdPerDay: rounded(usdOf(week, readRecord(), settings.lambdaMs)),
    limit: limit.what,
    raisedBy: limit.raisedBy,
    used: rounded(share),
  };
}

/** By the recorded counts of a build and of a poll that finds nothing. */
function usdOf({ perDay }: Week, record: CostRecord, lambdaMs: number): number {
  const build = allOf(record.builds['plain']?.steps ?? {});
  const poll: Counts = { ...NOTHING, requests: 1, invocations: 1, readUnits: 1, messages: 1 };
  const sighting: Counts = { ...NOTHING, writeUnits: 1 };
  const empty = times(poll, Math.max(0, perDay.polls - perDay.builds));
  return priceOf(sum([times(build, perDay.builds), empty, times(sighting, perDay.sightings)]), {
    ...DEFAULTS,
    lambdaMs,
  });
}

/** One week of a small fleet has a hundred builds; their middle is another one each time. */
export const WEEKS_OF_A_PACE = 10;

function comparePaces(settings: SimSettings, { workers, buildsPerDay }: Load): PaceRow[] {
  const all = Object.entries(PACES).map(([pace, rule]) => {
    const weeks = Array.from({ length: WEEKS_OF_A_PACE }, (_, index) =>
      simulateWeek(rule, workers, buildsPerDay, serviceOf(settings), settings.seed + index),
    );
    const pickups = Float64Array.from(weeks.flatMap((week) => [...week.pickups])).sort();
    const [p50, p99] = [quantile(pickups, 0.5) / 1000, quantile(pickups, 0.99) / 1000];
    return { pace, p50, p99, polls: weeks.reduce((sum, { perDay }) => sum + perDay.polls, 0) };
  });
  const [base] = all;
  return all.map(({ pace, p50, p99, polls }) => ({
    workers,
    buildsPerDay,
    pace,
    p50: rounded(p50),
    p99: rounded(p99),
    latency: rounded(p50 / (base?.p50 ?? 1)),
    cost: rounded(polls / (base?.polls ?? 1)),
  }));
}

export const readSim = (): SimRecord => JSON.parse(readFileSync(SIM_FILE, 'utf8'));
