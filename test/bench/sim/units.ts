import { type Counts, NOTHING, sum, times } from '../cost/counts.ts';
import type { CostRecord } from '../cost/record.ts';

/** What one of each asks of AWS, by the counts of `npm run bench:cost`. */
export interface Units {
  readonly heartbeat: Counts;
  readonly log: Counts;
  /** One that finds nothing and does not write when the worker was last seen. */
  readonly poll: Counts;
  /** That write. */
  readonly sighting: Counts;
  /** A build's whole life. */
  readonly build: Counts;
  /** The same without heartbeats, log lines and the poll's request, which go by time and fleet. */
  readonly buildAlone: Counts;
}

const POLL = 'poll that is given a build';

export function unitsOf({ builds, idleHour }: CostRecord): Units {
  const steps = builds['plain']?.steps ?? {};
  const stepOf = (name: string, of = steps) => {
    const step = of[name];
    if (!step) throw new Error(`bench:cost has not counted ${name}`);
    return step;
  };
  const one = (name: string) => times(stepOf(name).counts, 1 / stepOf(name).times);
  const { heartbeat: _beats, 'log lines': _logs, ...others } = steps;
  const idle = stepOf('poll that finds nothing', idleHour.steps);
  const sightings = idle.counts.calls['dynamodb.UpdateItem'] ?? 0;
  const alone = sum(Object.values(others).map(({ counts }) => counts));
  return {
    heartbeat: one('heartbeat'),
    log: one('log lines'),
    poll: { ...times(idle.counts, 1 / idle.times), writeUnits: 0 },
    sighting: { ...NOTHING, writeUnits: idle.counts.writeUnits / sightings },
    build: sum(Object.values(steps).map(({ counts }) => counts)),
    buildAlone: { ...alone, requests: alone.requests - stepOf(POLL).counts.requests },
  };
}
