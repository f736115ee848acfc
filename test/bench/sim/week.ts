import type { PaceMaker } from './paces.ts';
import { type Outcome, type Service, simulate } from './simulate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A week as a few stretches of it: large fleets poll too often for all of it. */
const STRETCHES = [
  { name: 'working hours', at: 24 * HOUR + 10 * HOUR, hours: 50 },
  { name: 'nights', at: 24 * HOUR + 22 * HOUR, hours: 70 },
  { name: 'weekend', at: 5 * 24 * HOUR + 10 * HOUR, hours: 48 },
] as const;

const WEEK_HOURS = 168;
/** A fleet begins as it will stay: so many at work, the others free for so long; a minute spreads their polls. */
const WARM_UP = MINUTE;

/** So many polls at 30 s are enough of a stretch. */
const ENOUGH_POLLS = 20_000;
const SHORTEST = MINUTE;
/** Small fleets have few builds: a whole week of them. */
const MOST_FOR_WEEKS = 50;

export interface Week {
  readonly perDay: { readonly polls: number; readonly sightings: number; readonly builds: number };
  readonly perSecond: { readonly polls: number; readonly builds: number; readonly atWork: number };
  readonly pickups: Float64Array;
  readonly waiting: number;
}

/** A whole week, or the stretches, each by its share. */
export function simulateWeek(
  pace: PaceMaker,
  workers: number,
  buildsPerDay: number,
  service: Service,
  seed: number,
): Week {
  const length = Math.max(SHORTEST, (ENOUGH_POLLS / workers) * 30_000);
  if (workers <= MOST_FOR_WEEKS) return ofStretches([{ at: 0, hours: WEEK_HOURS, length: WEEK_HOURS * HOUR }]);
  return ofStretches(STRETCHES.map(({ at, hours }) => ({ at, hours, length: Math.min(length, 4 * HOUR) })));

  function ofStretches(stretches: readonly { at: number; hours: number; length: number }[]): Week {
    const parts = stretches.map(({ at, hours, length: ms }) => {
      const load = { workers, buildsPerDay, from: at, countFrom: at + WARM_UP, until: at + WARM_UP + ms, seed };
      return { ms, share: hours / WEEK_HOURS, outcome: simulate(pace(), load, service) };
    });
    const perDay = (countOf: (outcome: Outcome) => number) =>
      parts.reduce((sum, { ms, share, outcome }) => sum + (countOf(outcome) / ms) * share * 24 * HOUR, 0);
    const most = (countOf: (outcome: Outcome) => number) =>
      Math.max(...parts.map(({ ms, outcome }) => (countOf(outcome) / ms) * 1000));
    // The stretch in which work is submitted says how long work waits.
    const pickups = parts[0]?.outcome.pickups ?? new Float64Array();
    return {
      perDay: {
        polls: perDay(({ polls }) => polls),
        sightings: perDay(({ sightings }) => sightings),
        builds: perDay(({ grants }) => grants),
      },
      perSecond: {
        polls: most(({ polls }) => polls),
        builds: most(({ submits }) => submits),
        atWork: Math.max(...parts.map(({ outcome }) => outcome.mostAtWork)),
      },
      pickups,
      waiting: parts[0]?.outcome.waiting ?? 0,
    };
  }
}
