import { rounded } from '../report/results.ts';
import { BASE, EVENLY, NOW, PACES, type PaceMaker, SWEPT, type Swept } from './paces.ts';
import type { SimSettings } from './service-times.ts';
import { quantile, type Service } from './simulate.ts';
import { simulateWeek } from './week.ts';

export interface Load {
  readonly workers: number;
  readonly buildsPerDay: number;
}

export interface PaceRow extends Load {
  readonly pace: string;
  readonly weeks: number;
  readonly p50: number;
  readonly p99: number;
  /** Against a poll each 5 s. */
  readonly latency: number;
  readonly cost: number;
}

export interface SweepRow extends PaceRow {
  readonly swept: Swept;
}

/** Against the same polls of the same weeks: p50 and number. */
export const WANTED = { latency: 1, cost: 0.3 } as const;

const load = (workers: number, buildsPerDay: number): Load => ({ workers, buildsPerDay });

/** By which the present rule is judged: from one Mac mini to a company's. */
export const PACE_LOADS = [
  load(1, 5),
  load(1, 20),
  load(2, 10),
  load(5, 20),
  load(5, 100),
  load(10, 50),
  load(10, 200),
  load(20, 400),
  load(50, 1_000),
];
/** On which other rules, and other numbers of the present one, were tried. */
export const RULE_LOADS = [load(5, 20), load(10, 200)];

/** One week of a small fleet has a hundred builds; their middle is another one each time. */
const weeksOf = (workers: number, weeksOfAWorker: number) => Math.max(1, Math.round(weeksOfAWorker / workers));

interface Loads {
  readonly paces: readonly Load[];
  readonly rules: readonly Load[];
  readonly sweep: readonly Load[];
}

type Weeks = Pick<SimSettings, 'seed' | 'weeksOfAWorker'>;

export function comparePaces(service: Service, settings: Weeks, { paces, rules, sweep }: Loads) {
  const found = new Map<string, ReturnType<typeof pooled>>();
  const once = (name: string, rule: PaceMaker, { workers, buildsPerDay }: Load) => {
    const key = JSON.stringify([name, workers, buildsPerDay]);
    const known = found.get(key) ?? pooled(rule, { workers, buildsPerDay }, service, settings);
    found.set(key, known);
    return known;
  };
  const rowOf = (pace: string, rule: PaceMaker, of: Load): PaceRow => {
    const [base, { p50, p99, polls, weeks }] = [once(BASE, ruleOf(BASE), of), once(pace, rule, of)];
    const against = { latency: rounded(p50 / base.p50), cost: rounded(polls / base.polls) };
    return { ...of, pace, weeks, p50: rounded(p50), p99: rounded(p99), ...against };
  };
  const rowsOf = (names: readonly string[], of: Load) => names.map((pace) => rowOf(pace, ruleOf(pace), of));
  return {
    paces: paces.flatMap((of) => rowsOf([BASE, NOW, EVENLY], of)),
    rules: rules.flatMap((of) => rowsOf(Object.keys(PACES), of)),
    sweep: sweep.flatMap((of) =>
      SWEPT.map(({ name, rule, ...swept }): SweepRow => ({ ...rowOf(name, rule, of), swept })),
    ),
  };
}

function ruleOf(name: string): PaceMaker {
  const rule = PACES[name];
  if (!rule) throw new Error(`no pace ${name}`);
  return rule;
}

function pooled(rule: PaceMaker, { workers, buildsPerDay }: Load, service: Service, { seed, weeksOfAWorker }: Weeks) {
  const weeks = Array.from({ length: weeksOf(workers, weeksOfAWorker) }, (_, index) =>
    simulateWeek(rule, workers, buildsPerDay, service, seed + index),
  );
  const pickups = Float64Array.from(weeks.flatMap((week) => [...week.pickups])).sort();
  const [p50, p99] = [quantile(pickups, 0.5) / 1000, quantile(pickups, 0.99) / 1000];
  return { p50, p99, weeks: weeks.length, polls: weeks.reduce((sum, { perDay }) => sum + perDay.polls, 0) };
}
