import type { Platform } from '../domain/build.ts';
import type { Pauses } from '../domain/pause.ts';
import type { Clock, PauseStore, Report } from './ports.ts';

interface Deps {
  readonly pauses: PauseStore;
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * No more builds of the platform are handed out; what is handed out goes on, and what is submitted waits. Paused again, it
 * stays as it was: of two who pause it neither may take the other's reason away.
 * @param by the id of the key that asks.
 */
export async function pauseQueue(deps: Deps, platform: Platform, reason: string, by: string): Promise<Pauses> {
  const since = deps.clock();
  const pauses = await deps.pauses.pause(platform, { reason, since, by });
  const hasBegun = pauses.pause?.since === since && pauses.pause.by === by;
  if (hasBegun) deps.report({ event: 'queue_paused', platform, reason, by });
  return pauses;
}

/** Builds are handed out again. @param by the id of the key that asks. */
export async function resumeQueue(deps: Deps, platform: Platform, by: string): Promise<Pauses> {
  const seen = await deps.pauses.get(platform);
  // Answered again, or never paused: nothing is to be done.
  if (!seen.pause) return seen;
  const now = deps.clock();
  const pauses = await deps.pauses.resume(seen, now);
  const last = pauses.past.at(-1);
  const hasEnded = last?.from === seen.pause.since && last.to === now;
  if (hasEnded) deps.report({ event: 'queue_resumed', platform, pausedSince: seen.pause.since, by });
  return pauses;
}
