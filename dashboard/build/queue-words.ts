import { duration, localTime, plural } from '../format.ts';
import type { QueuePlace } from './read-build.ts';

/** Where a waiting build stands, in sentences. @param at when that was known */
export function placeWords(place: QueuePlace, at: number): string[] {
  const { ahead, may_be_more: mayBeMore, workers, usual_build_ms: usualMs, starts_in_ms: startsInMs, paused } = place;
  return [
    paused ? `Its platform is paused: ${paused.reason}.` : undefined,
    ahead === null ? undefined : aheadWords(ahead, mayBeMore ?? false),
    workers === null ? undefined : workerWords(workers),
    startsInMs === null ? undefined : startWords(startsInMs, at),
    usualMs === null ? undefined : `Builds take about ${duration(roughly(usualMs))} these days.`,
  ].filter((sentence) => sentence !== undefined);
}

function aheadWords(ahead: number, mayBeMore: boolean): string {
  if (ahead === 0 && !mayBeMore) return 'It is the next one.';
  return `${mayBeMore ? 'More than ' : ''}${plural(ahead, 'build')} ${ahead === 1 && !mayBeMore ? 'goes' : 'go'} before it.`;
}

function workerWords(workers: number): string {
  if (workers === 0) return 'No worker that could build it is online.';
  return `${plural(workers, 'worker')} online could build it.`;
}

function startWords(startsInMs: number, at: number): string {
  if (startsInMs === 0) return 'Its turn may come at any moment.';
  return `Its turn comes in about ${duration(roughly(startsInMs))}, at ${localTime(at + startsInMs, at).replace(/:\d\d$/, '')}.`;
}

/** No more exact than an estimate can be: ten seconds below a minute and a half, then minutes. */
function roughly(ms: number): number {
  const step = ms < 90_000 ? 10_000 : 60_000;
  return Math.max(10_000, Math.round(ms / step) * step);
}
