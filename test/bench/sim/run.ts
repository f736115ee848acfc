import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { priceOf } from '../cost/bill.ts';
import { sum, times } from '../cost/counts.ts';
import { readRecord } from '../cost/record.ts';
import { DEFAULTS } from '../cost/settings.ts';
import { rounded } from '../report/results.ts';
import { comparePaces, type Load, PACE_LOADS, type PaceRow, RULE_LOADS, type SweepRow } from './compare.ts';
import { LIMITS, sharesOf } from './limits.ts';
import { fixed, hint } from './paces.ts';
import { type Measured, readMeasured, serviceOf, type SimSettings, withAssumedDoubled } from './service-times.ts';
import { quantile } from './simulate.ts';
import { type Units, unitsOf } from './units.ts';
import { simulateWeek, type Week } from './week.ts';

/** Calls of the table: the upper end of what AWS says to expect of them; of the queue, and the way: assumed. */
export const SIM_DEFAULTS: SimSettings = {
  seed: 7,
  buildMinutes: 10,
  tableCallMs: 10,
  queueCallMs: 10,
  wayMs: 40,
  lambdaMs: DEFAULTS.lambdaMs,
  weeksOfAWorker: 15,
  mostPolls: 3_000_000,
};

export const SIM_FILE = join(import.meta.dirname, '../sim.json');

export interface Row extends Load {
  /** Whether workers wait as long as the controller says, or 30 s always. */
  readonly hint: boolean;
  /** How long was simulated of the time that the pickups are of. */
  readonly hours: number;
  readonly pickups: number;
  /** Seconds. Absent: too few builds to say. */
  readonly p50?: number;
  readonly p99?: number;
  readonly pollsPerDay: number;
  readonly usdPerDay: number;
  /** In the busiest stretch, of the limits in their order. 1: all of it. */
  readonly used: readonly number[];
}

/** How the p50 answers to what is assumed. */
export interface DoubledRow extends Load {
  readonly p50: number;
  readonly doubledP50: number;
}

export interface SimRecord {
  readonly settings: SimSettings;
  readonly measured: Measured;
  readonly rows: readonly Row[];
  readonly doubled: readonly DoubledRow[];
  readonly paces: readonly PaceRow[];
  readonly rules: readonly PaceRow[];
  readonly sweep: readonly SweepRow[];
}

const FLEETS = [10, 100, 1_000, 10_000, 100_000];
const BUILDS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/** In the busiest hour of a week there are 3.2 times as many builds as on average, of ten minutes each. */
const MOST_BUILDS_OF_A_WORKER = 35;
/** With fewer, a fleet costs what its idle workers cost, and 200 pickups would take tens of millions of simulated polls. */
const WORKERS_OF_A_BUILD = 10;

const LOADS = FLEETS.flatMap((workers) =>
  BUILDS.filter((builds) => builds <= workers * MOST_BUILDS_OF_A_WORKER && builds * WORKERS_OF_A_BUILD >= workers).map(
    (buildsPerDay) => ({ workers, buildsPerDay }),
  ),
);

/** Of these it is said what the assumed times are worth. */
const DOUBLED_LOADS = [
  { workers: 10, buildsPerDay: 100 },
  { workers: 100, buildsPerDay: 1_000 },
  { workers: 1_000, buildsPerDay: 10_000 },
];

/** What is simulated; smaller for tests. */
export const SIM_LOADS = {
  rows: LOADS,
  doubled: DOUBLED_LOADS,
  paces: PACE_LOADS,
  rules: RULE_LOADS,
  sweep: RULE_LOADS,
};

export const NO_LOADS: typeof SIM_LOADS = { rows: [], doubled: [], paces: [], rules: [], sweep: [] };

/** For a p99. */
const MANY = 200;
/** For a p50. */
const SOME = 20;

export function runAll(settings: SimSettings, measured = readMeasured(), loads = SIM_LOADS): SimRecord {
  const service = serviceOf(settings, measured);
  const enough = { pickups: MANY, polls: settings.mostPolls };
  const units = unitsOf(readRecord());
  const slower = serviceOf(withAssumedDoubled(settings), measured);
  const p50Of = ({ workers, buildsPerDay }: Load, of = service) =>
    secondsOf(simulateWeek(hint, workers, buildsPerDay, of, settings.seed, enough).pickups, 0.5);
  const rows = loads.rows.flatMap((load) =>
    [true, false].map((isHint): Row => {
      const { workers, buildsPerDay } = load;
      const pace = isHint ? hint : fixed(30_000);
      const week = simulateWeek(pace, workers, buildsPerDay, service, settings.seed, enough);
      return rowOf(load, isHint, week, settings, units);
    }),
  );
  return {
    settings,
    measured,
    rows,
    doubled: loads.doubled.map((load) => ({ ...load, p50: p50Of(load), doubledP50: p50Of(load, slower) })),
    ...comparePaces(service, settings, loads),
  };
}

const secondsOf = (pickups: Float64Array, share: number) => rounded(quantile(pickups, share) / 1000);

function rowOf(load: Load, isHint: boolean, week: Week, { lambdaMs }: SimSettings, units: Units): Row {
  const { pickups, perSecond } = week;
  return {
    ...load,
    hint: isHint,
    hours: rounded(week.hours),
    pickups: pickups.length,
    ...(pickups.length >= SOME && { p50: secondsOf(pickups, 0.5) }),
    ...(pickups.length >= MANY && { p99: secondsOf(pickups, 0.99) }),
    pollsPerDay: Math.round(week.perDay.polls),
    usdPerDay: rounded(usdOf(week, units, lambdaMs)),
    used: sharesOf({ perSecond, lambdaMs, units }).map(rounded),
  };
}

function usdOf({ perDay }: Week, { build, poll, sighting }: Units, lambdaMs: number): number {
  const empty = times(poll, Math.max(0, perDay.polls - perDay.builds));
  return priceOf(sum([times(build, perDay.builds), empty, times(sighting, perDay.sightings)]), {
    ...DEFAULTS,
    lambdaMs,
  });
}

/** The limit that is nearest, or passed the furthest. */
export function firstLimit({ used }: Row) {
  const share = Math.max(...used);
  return { limit: LIMITS[used.indexOf(share)], share };
}

export const readSim = (): SimRecord => JSON.parse(readFileSync(SIM_FILE, 'utf8'));
