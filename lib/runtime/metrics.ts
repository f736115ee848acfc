import type { LogEvent } from './log.ts';

/** One figure of an event. `by`: the one field that it is also counted by; few values, as each is a metric of its own. */
interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'Milliseconds';
  readonly by?: 'reason';
}

/**
 * What CloudWatch counts of the events, in its embedded format: the log line that tells of an event is the metric too, and
 * no call is made for it. What AWS counts itself (5xx, queue ages, dead letters, throttles) is not counted again.
 */
export function figuresOf(entry: LogEvent): readonly Figure[] {
  switch (entry.event) {
    case 'build_assigned':
      return [count('Assignments'), { name: 'PickupLatency', value: entry.waitedMs, unit: 'Milliseconds' }];
    case 'assignment_refused':
      return [{ ...count('Refusals'), by: 'reason' }];
    case 'write_conflicted':
      return [count('Conflicts')];
    case 'build_requeued':
      return [count('Requeues')];
    case 'build_failed':
      return entry.kind === 'lost_worker' ? [count('AttemptsExhausted')] : [];
    case 'repair_failed':
      return [count('FailedRepairs')];
    case 'request_failed':
      return [count('InternalErrors')];
    case 'request_unavailable':
      return [count(isTimeout(entry.error) ? 'Timeouts' : 'Unavailable')];
    case 'request_done':
      return entry.code === 'lease_lost' ? [count('LeaseLosses')] : [];
    default:
      return [];
  }
}

const count = (name: string): Figure => ({ name, value: 1, unit: 'Count' });

/** A call that took too long, or a request that did. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError' || isTooLate(error));
}

const isTooLate = (error: Error) => error.message.startsWith('The answer took too long');

/** The figures as fields of the event's line, and what tells CloudWatch that they are figures. */
export function embedded(entry: LogEvent, namespace: string, now: number): Record<string, unknown> {
  const figures = figuresOf(entry);
  if (figures.length === 0) return {};
  const directives = figures.map(({ name, unit, by }) => ({
    Namespace: namespace,
    Dimensions: by ? [[], [by]] : [[]],
    Metrics: [{ Name: name, Unit: unit }],
  }));
  const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
  return { ...values, _aws: { Timestamp: now, CloudWatchMetrics: directives } };
}
