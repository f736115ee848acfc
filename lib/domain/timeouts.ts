import type { Build } from './build.ts';
import type { Failure } from './failure.ts';
import { type Pauses, pausedMs } from './pause.ts';

export interface Timeouts {
  /** How long a build may wait for a worker. */
  readonly maxQueueMs: number;
  /** How long one attempt may work. */
  readonly maxBuildMs: number;
}

/**
 * Why the build has taken too long, or undefined while it has not. Ended builds never do.
 *
 * @param pauses of its platform. While that is paused nobody can take the build, and whoever paused it knows: that time is
 * not held against it, or a pause over a weekend would fail what was submitted on Friday. Absent: there were none.
 */
export function timeoutOf(build: Build, limits: Timeouts, now: number, pauses?: Pauses): Failure | undefined {
  const { maxQueueMs, maxBuildMs } = limits;
  const waitedMs = now - build.queuedAt - (pauses ? pausedMs(pauses, build.queuedAt, now) : 0);
  if (build.state === 'pending' && waitedMs >= maxQueueMs) {
    return { kind: 'timeout_queue', message: `No worker took the build within ${inWords(maxQueueMs)}` };
  }
  const isHeld = build.state === 'assigned' || build.state === 'building';
  if (isHeld && build.startedAt !== undefined && now - build.startedAt >= maxBuildMs) {
    return { kind: 'timeout_build', message: `The build did not end within ${inWords(maxBuildMs)}` };
  }
  return undefined;
}

function inWords(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 2) return `${Math.round(ms / 1000)} seconds`;
  return minutes < 120 ? `${Math.round(minutes)} minutes` : `${Math.round(minutes / 60)} hours`;
}
