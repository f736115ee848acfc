import type { BuildRecord, LogLine } from '../answers.ts';
import type { QueuePlace } from '../queue-answers.ts';
import { durationText } from './transfer-progress.ts';

/** What is known of a build that somebody waits for. */
export interface Watched {
  readonly id: string;
  readonly build: BuildRecord | undefined;
  readonly place: QueuePlace | undefined;
  /** Since when it has been so, by the own clock: those of others may be wrong. */
  readonly stateSince: number;
  readonly watchedSince: number;
  /** The last ones. */
  readonly lines: readonly LogLine[];
}

/** What a terminal shows while somebody waits: how the build stands, its place in the queue, the end of its log. */
export function viewLines(watched: Watched, now: number): string[] {
  const { build, place, lines } = watched;
  const below = build?.state === 'pending' ? placeText(place) : usualText(place);
  return [
    headline(watched, now),
    ...(below === undefined ? [] : [`  ${below}`]),
    ...lines.map(({ message }) => `  | ${message}`),
  ];
}

function headline({ id, build, stateSince, watchedSince }: Watched, now: number): string {
  const inState = durationText(now - stateSince);
  const inAll = stateSince > watchedSince ? `, ${durationText(now - watchedSince)} in all` : '';
  return `Build ${id} ${build ? stateText(build) : 'was submitted'}: ${inState}${inAll}`;
}

export function stateText(build: BuildRecord): string {
  const { state, worker_name: name, worker_id: workerId, attempt, max_attempts: most } = build;
  const worker = name ?? workerId ?? 'a worker';
  const again = attempt > 1 ? `, attempt ${attempt} of ${most}` : '';
  if (state === 'pending')
    return attempt > 0 ? `waits for another worker after attempt ${attempt}` : 'waits for a worker';
  if (state === 'assigned') return `was handed to ${worker}, which has not begun yet${again}`;
  return state === 'building' ? `is being built by ${worker}${again}` : `is ${state}`;
}

/** Undefined when nothing is known. */
export function placeText(place: QueuePlace | undefined): string | undefined {
  if (!place || place.ahead === null) return undefined;
  const { ahead, may_be_more: mayBeMore, workers, starts_in_ms: startsInMs, paused } = place;
  const before = mayBeMore ? `more than ${ahead} builds` : counted(ahead, 'build');
  const goes = ahead === 1 && !mayBeMore ? 'goes' : 'go';
  const parts = [ahead === 0 && !mayBeMore ? 'it is the next one' : `${before} ${goes} before it`];
  if (workers !== null)
    parts.push(workers === 0 ? 'no worker that could build it is online' : `${counted(workers, 'worker')} for it`);
  if (startsInMs !== null)
    parts.push(startsInMs === 0 ? 'its turn at any moment' : `its turn in about ${roughly(startsInMs)}`);
  return [...parts, ...(paused ? [pausedText(paused)] : [])].join(', ');
}

/** Why nothing goes on, for who waits. */
export const pausedText = ({ reason }: NonNullable<QueuePlace['paused']>) =>
  `nothing is handed out for its platform now: ${reason}`;

function usualText(place: QueuePlace | undefined): string | undefined {
  const usualMs = place?.usual_build_ms;
  return usualMs === null || usualMs === undefined ? undefined : `builds take about ${roughly(usualMs)} these days`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** No more exact than an estimate can be. */
function roughly(ms: number): string {
  if (ms < 90_000) return `${Math.max(10, Math.ceil(ms / 10_000) * 10)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}
