import type { Build } from '../../lib/domain/build.ts';
import {
  BUILD_EVENT_TYPES,
  type BuildEvent,
  BY_CONTROLLER,
  BY_SUBMITTER,
  whySubmitted,
} from '../../lib/domain/build-event.ts';
import type { MemoryTable } from './memory-table.ts';

/** A build's story, oldest first: what is stored, and what the record itself tells (its submit, its first sign of work). */
export function eventsOf(table: MemoryTable, build: Build): BuildEvent[] {
  const stored = table.eventsOf(build.id);
  const started = (attempt: number, at: number): BuildEvent => {
    const assigned = stored.find((event) => event.type === 'assigned' && event.attempt === attempt);
    return { type: 'started', at, attempt, by: assigned?.by ?? BY_CONTROLLER };
  };
  const events = stored.flatMap(({ startedAt, ...event }) =>
    startedAt === undefined ? [event] : [event, started(event.attempt, startedAt)],
  );
  if (build.buildingSince !== undefined) events.push(started(build.attempt, build.buildingSince));
  const rank = ({ type }: BuildEvent) => BUILD_EVENT_TYPES.indexOf(type);
  return [submitted(build), ...events].sort((a, b) => a.at - b.at || a.attempt - b.attempt || rank(a) - rank(b));
}

const submitted = (build: Build): BuildEvent => ({
  type: 'submitted',
  at: build.submittedAt,
  attempt: 0,
  by: BY_SUBMITTER,
  ...whySubmitted(build),
});
