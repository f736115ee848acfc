import { PLATFORMS, type Platform } from './build.ts';

export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly platforms: readonly Platform[];
  /** Raised by each registration: a grant prepared for an earlier one is refused. */
  readonly epoch: number;
  readonly registeredAt: number;
  readonly lastSeenAt: number;
  readonly token: IssuedToken;
  /** Stays good until it expires: the answer that carried its successor may have been lost. */
  readonly previousToken?: IssuedToken;
  /** The one build this worker holds. */
  readonly current?: { readonly buildId: string; readonly attempt: number };
  readonly releasedAt?: number;
  readonly completedBuilds: number;
  readonly failedBuilds: number;
}

export interface IssuedToken {
  readonly hash: string;
  readonly expiresAt: number;
}

/** An hour, renewed by polling. */
export const WORKER_TOKEN_MS = 3_600_000;

/** The old controller's figure: silent for five minutes and without a build means offline. */
const OFFLINE_AFTER_MS = 300_000;

/** A poll writes `lastSeenAt` at most this often: a write each 30 s poll would be the largest part of an idle worker's bill. */
const SEEN_EVERY_MS = 150_000;

export type WorkerState = 'idle' | 'building' | 'offline';

export function workerState(worker: Worker, now: number): WorkerState {
  if (worker.current) return 'building';
  return now - worker.lastSeenAt > OFFLINE_AFTER_MS ? 'offline' : 'idle';
}

/** A worker that holds a build does not poll: its token stays good as long as it holds the build. */
export function isTokenGood(worker: Worker, tokenHash: string, now: number): boolean {
  const issued = [worker.token, worker.previousToken].find((token) => token?.hash === tokenHash);
  return issued !== undefined && (issued.expiresAt > now || worker.current !== undefined);
}

export function isSightingDue(worker: Worker, now: number): boolean {
  return now - worker.lastSeenAt >= SEEN_EVERY_MS;
}

/** What a worker can build. Some clients name no platforms at all; those are Macs. */
export function platformsOf(claimed: unknown): Platform[] {
  if (!Array.isArray(claimed) || claimed.length === 0) return ['ios'];
  return PLATFORMS.filter((platform) => claimed.includes(platform));
}

/** Pace of polling: quick while work is likely, slow when idle (each poll costs its caller's owner money). */
const BUSY_POLL_MS = 2_000;
const IDLE_POLL_MS = 30_000;
const WORK_IS_LIKELY_MS = 120_000;

/** @param chance a number in [0, 1) that spreads the workers: they must not all come in the same second. */
export function nextPollMs(worker: Worker, now: number, chance: number): number {
  const lastBusyAt = Math.max(worker.registeredAt, worker.releasedAt ?? 0);
  const pace = now - lastBusyAt < WORK_IS_LIKELY_MS ? BUSY_POLL_MS : IDLE_POLL_MS;
  return Math.round(pace * (0.8 + 0.4 * chance));
}
