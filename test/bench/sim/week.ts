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
const ENOUGH_POLLS = 40_000;
const SHORTEST = MINUTE;
const LONGEST = 4 * HOUR;
/** Small fleets have few builds: whole weeks of them. */
const MOST_FOR_WEEKS = 50;

/** The first stretch is simulated again, each time by another seed, until so many builds were picked up. */
export interface Enough {
  readonly pickups: number;
  /** And no more than so many polls. */
  readonly polls: number;
}

export interface Week {
  readonly perDay: { readonly polls: number; readonly sightings: number; readonly builds: number };
  readonly perSecond: {
    readonly polls: number;
    readonly sightings: number;
    readonly builds: number;
    readonly atWork: number;
  };
  readonly pickups: Float64Array;
  /** How long the stretch that the pickups are of was simulated, all its repetitions together. */
  readonly hours: number;
}

/** A whole week of a small fleet; of a larger one the stretches, each by its share. */
export function simulateWeek(
  pace: PaceMaker,
  workers: number,
  buildsPerDay: number,
  service: Service,
  seed: number,
  enough: Enough = { pickups: 0, polls: 0 },
): Week {
  const length = Math.min(LONGEST, Math.max(SHORTEST, (ENOUGH_POLLS / workers) * 30_000));
  const stretches =
    workers <= MOST_FOR_WEEKS
      ? [{ at: 0, hours: WEEK_HOURS, length: WEEK_HOURS * HOUR }]
      : STRETCHES.map(({ at, hours }) => ({ at, hours, length }));
  const parts = stretches.map(({ at, hours, length: ms }, index) => {
    const outcomes = repeated(index === 0 ? enough : { pickups: 0, polls: 0 }, (again) => {
      const load = { workers, buildsPerDay, from: at, countFrom: at + WARM_UP, until: at + WARM_UP + ms };
      return simulate(pace(), { ...load, seed: seed + again }, service);
    });
    return { ms: ms * outcomes.length, share: hours / WEEK_HOURS, outcomes };
  });
  const perMs = ({ ms, outcomes }: (typeof parts)[number], countOf: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + countOf(outcome), 0) / ms;
  const perDay = (countOf: (outcome: Outcome) => number) =>
    parts.reduce((sum, part) => sum + perMs(part, countOf) * part.share * 24 * HOUR, 0);
  const most = (countOf: (outcome: Outcome) => number) => Math.max(...parts.map((part) => perMs(part, countOf) * 1000));
  // The stretch in which work is submitted says how long work waits.
  const [first] = parts;
  return {
    perDay: {
      polls: perDay(({ polls }) => polls),
      sightings: perDay(({ sightings }) => sightings),
      builds: perDay(({ grants }) => grants),
    },
    perSecond: {
      polls: most(({ polls }) => polls),
      sightings: most(({ sightings }) => sightings),
      builds: most(({ submits }) => submits),
      atWork: Math.max(...parts.flatMap(({ outcomes }) => outcomes.map(({ mostAtWork }) => mostAtWork))),
    },
    pickups: Float64Array.from(first?.outcomes.flatMap(({ pickups }) => [...pickups]) ?? []).sort(),
    hours: (first?.ms ?? 0) / HOUR,
  };
}

function repeated({ pickups, polls }: Enough, run: (again: number) => Outcome): Outcome[] {
  const outcomes = [run(0)];
  const total = (countOf: (outcome: Outcome) => number) => outcomes.reduce((sum, each) => sum + countOf(each), 0);
  while (total((each) => each.pickups.length) < pickups && total((each) => each.polls) < polls) {
    outcomes.push(run(outcomes.length));
  }
  return outcomes;
}
