import { exponential } from './dice.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Share of a day's builds in each hour of a working day: people come at eight, eat at noon, leave at six. */
const HOURS = [1, 1, 1, 1, 1, 1, 2, 4, 10, 14, 14, 12, 8, 12, 14, 14, 12, 8, 4, 3, 2, 2, 1, 1];
const WEEKEND_SHARE = 0.1;
/** A push submits for one platform or several, or a matrix. */
const BUILDS_PER_PUSH = 2;
/** The scripts of one push do not submit in the same moment. */
const SPREAD_MS = 20_000;

const mean = HOURS.reduce((sum, each) => sum + each, 0) / HOURS.length;
/** A week has as many builds as seven times the daily number. */
const weekFactor = 7 / (5 + 2 * WEEKEND_SHARE);

/** By how much busier than on average a moment is; Monday at midnight is 0. */
export function busyness(now: number): number {
  const hour = HOURS[Math.floor(now / HOUR) % 24] ?? 0;
  const isWeekend = Math.floor(now / DAY) % 7 >= 5;
  return (hour / mean) * weekFactor * (isWeekend ? WEEKEND_SHARE : 1);
}

const MAX_BUSYNESS = (Math.max(...HOURS) / mean) * weekFactor;

/** Times of submits from `from` until `until`, in order. */
export function arrivals(random: () => number, buildsPerDay: number, from: number, until: number): number[] {
  const times: number[] = [];
  const meanGap = (DAY / (buildsPerDay * MAX_BUSYNESS)) * BUILDS_PER_PUSH;
  for (let now = from + exponential(random, meanGap); now < until; now += exponential(random, meanGap)) {
    if (random() * MAX_BUSYNESS > busyness(now)) continue;
    // Geometric: one at least, two on average.
    do times.push(now + random() * SPREAD_MS);
    while (random() < 1 - 1 / BUILDS_PER_PUSH);
  }
  return times.filter((time) => time < until).sort((a, b) => a - b);
}
