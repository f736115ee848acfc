import { type Build, isTerminal, PLATFORMS, type Platform } from './build.ts';
import { hasAll } from './labels.ts';

export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly platforms: readonly Platform[];
  /** Absent: none. They change only with the epoch, which every grant is bound to. */
  readonly labels?: readonly string[];
  /** Raised by each registration: a grant prepared for an earlier one is refused. */
  readonly epoch: number;
  readonly registeredAt: number;
  readonly lastSeenAt: number;
  readonly token: IssuedToken;
  /** Stays good for an hour: the answer that carried its successor may have been lost. */
  readonly previousToken?: IssuedToken;
  /** The one build this worker holds. */
  readonly current?: { readonly buildId: string; readonly attempt: number };
  readonly releasedAt?: number;
  /** When the last build was granted, and how that ended. */
  readonly grantedAt?: number;
  readonly lastOutcome?: Outcome;
  /** Bad ends in a row, those before the last one. */
  readonly strikes: number;
  /** Asked to take no more builds. */
  readonly isDraining: boolean;
  readonly completedBuilds: number;
  readonly failedBuilds: number;
  /** What it completed before the last one, and how long that took. Absent: nothing since this is counted. */
  readonly timed?: TimedBuilds;
}

export interface TimedBuilds {
  readonly builds: number;
  /** From grant to end, all together. */
  readonly ms: number;
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

export const OUTCOMES = ['completed', 'failed', 'lost', 'given_back', 'cancelled'] as const;
/** How a worker's last build ended for it. */
export type Outcome = (typeof OUTCOMES)[number];

/** A worker whose builds end badly gets none for a while, unless it registers again. */
export interface Quarantine {
  /** How often in a row. */
  readonly builds: number;
  readonly ms: number;
  /** A build that fails as quickly as this has ended badly. */
  readonly instantMs: number;
}

/** Bad ends in a row, the last one included. */
export function strikesOf({ strikes, lastOutcome, grantedAt, releasedAt }: Worker, { instantMs }: Quarantine): number {
  const isInstant = releasedAt !== undefined && grantedAt !== undefined && releasedAt - grantedAt < instantMs;
  if (lastOutcome === 'lost' || (lastOutcome === 'failed' && isInstant)) return strikes + 1;
  // Cancelled or given back: says nothing about the machine.
  return lastOutcome === 'completed' || lastOutcome === 'failed' ? 0 : strikes;
}

/** What it has completed, and how long that took, the last one included: the next grant writes it down, so it costs no write. */
export function timedOf({ timed = { builds: 0, ms: 0 }, lastOutcome, grantedAt, releasedAt }: Worker): TimedBuilds {
  if (lastOutcome !== 'completed' || grantedAt === undefined || releasedAt === undefined) return timed;
  return { builds: timed.builds + 1, ms: timed.ms + Math.max(0, releasedAt - grantedAt) };
}

/** How long a build takes it. Undefined: it has completed none. */
export function meanBuildMs(worker: Worker): number | undefined {
  const { builds, ms } = timedOf(worker);
  return builds > 0 ? Math.round(ms / builds) : undefined;
}

export function isQuarantined(worker: Worker, now: number, quarantine: Quarantine): boolean {
  return strikesOf(worker, quarantine) >= quarantine.builds && now - (worker.releasedAt ?? 0) < quarantine.ms;
}

/** Until when it is; undefined when it is not. */
export function quarantinedUntil(worker: Worker, now: number, quarantine: Quarantine): number | undefined {
  return isQuarantined(worker, now, quarantine) ? (worker.releasedAt ?? 0) + quarantine.ms : undefined;
}

export type WorkerState = 'idle' | 'building' | 'offline' | 'draining' | 'quarantined';

export function workerState(worker: Worker, now: number, quarantine: Quarantine): WorkerState {
  if (worker.current) return 'building';
  if (worker.isDraining) return 'draining';
  if (isQuarantined(worker, now, quarantine)) return 'quarantined';
  return isOffline(worker, now) ? 'offline' : 'idle';
}

/** Whether it may be given the build at all, by its platforms and labels. */
export function isAbleTo({ platforms, labels = [] }: Worker, build: Pick<Build, 'platform' | 'labels'>): boolean {
  return platforms.includes(build.platform) && hasAll(labels, build.labels);
}

/** Whether it builds, or would if there were something: a free one that is there and kept from nothing. */
export function isAvailable(worker: Worker, now: number, quarantine: Quarantine): boolean {
  return !worker.isDraining && ['idle', 'building'].includes(workerState(worker, now, quarantine));
}

export function isOffline({ current, lastSeenAt }: Worker, now: number): boolean {
  return !current && now - lastSeenAt > OFFLINE_AFTER_MS;
}

/** A worker does not poll while it holds a build; and what it says last may come after the build has ended. */
const GRACE_MS = 600_000;

/**
 * A token's hour may pass while its worker holds a build: then it stays good as long as the build is held, and ten minutes
 * more. Of two tokens, the previous one only if it was good when the build was granted.
 */
export function isTokenGood(worker: Worker, tokenHash: string, now: number): boolean {
  const { token, previousToken, current, grantedAt = 0, releasedAt = 0 } = worker;
  const issued = [token, previousToken].find((one) => one?.hash === tokenHash);
  if (!issued) return false;
  const isLent = current !== undefined || now - releasedAt < GRACE_MS;
  return issued.expiresAt > now || (isLent && (issued === token || issued.expiresAt > grantedAt));
}

/**
 * Whether this is the token of an earlier process of the worker, and the build was given to the one that registered after
 * it. A process that never had the answer to its registration works on with the previous token: then the build is bound to
 * that. A build that the new process took over it was not given: what the old one had under way may still arrive.
 */
export function isOfEarlierProcess(worker: Worker, { holder, state }: Build, tokenHash: string): boolean {
  const { token, previousToken, registeredAt, grantedAt = 0 } = worker;
  const isGivenToLater = holder?.tokenHash === token.hash && grantedAt >= registeredAt;
  return tokenHash === previousToken?.hash && isGivenToLater && !isTerminal(state);
}

/**
 * Whether it is one of the worker's two tokens, however old: beside a key that registers workers it only has to tell which
 * worker this is, and one that slept longer than an hour keeps its id.
 */
export function wasGiven({ token, previousToken }: Worker, tokenHash: string): boolean {
  return tokenHash === token.hash || tokenHash === previousToken?.hash;
}

/** The token that a registration takes the place of: good for an hour more if it was good, as the answer may get lost. */
export function replacedToken(worker: Worker, now: number): IssuedToken {
  const { token } = worker;
  return isTokenGood(worker, token.hash, now) ? { ...token, expiresAt: now + WORKER_TOKEN_MS } : token;
}

export function isSightingDue(worker: Worker, now: number): boolean {
  return now - worker.lastSeenAt >= SEEN_EVERY_MS;
}

/** What a worker can build. Some clients name no platforms at all; those are Macs. */
export function platformsOf(claimed: unknown): Platform[] {
  if (!Array.isArray(claimed) || claimed.length === 0) return ['ios'];
  return PLATFORMS.filter((platform) => claimed.includes(platform));
}

/** Who else waits for the same builds, as far as it is known. */
export interface Fleet {
  /** The worker itself included. */
  readonly size: number;
  /** When one of them last came back from a build; 0: not known. */
  readonly releasedAt: number;
}

/** Somebody has just started it, and wants to see it at work. */
const FRESH_MS = 60_000;
const SOON_MS = 2_000;
/**
 * Builds come in working hours, and the more of them the more have just been built: for an hour after the last one the fleet
 * asks quickly, each of it the more rarely the larger it is, as any of them may take what comes. Each poll costs its owner
 * money. The sweep of `npm run bench:sim` finds little better within 0.3 of the polls of workers that ask each 5 s.
 */
const LIKELY_MS = 3_600_000;
const FLEET_GAP_MS = 1_400;
const QUICKEST_MS = 6_000;
const IDLE_MS = 30_000;

/**
 * How long the worker is to wait for its next poll.
 * @param chance a number in [0, 1) that spreads the workers: they must not all come in the same second.
 */
export function nextPollMs(worker: Worker, now: number, chance: number, fleet: Fleet = ALONE): number {
  if (now - worker.registeredAt < FRESH_MS) return jittered(SOON_MS, chance);
  const lastBuiltAt = Math.max(fleet.releasedAt, worker.releasedAt ?? 0);
  const isLikely = now - Math.max(lastBuiltAt, worker.registeredAt) < LIKELY_MS;
  return jittered(isLikely ? Math.min(IDLE_MS, Math.max(QUICKEST_MS, FLEET_GAP_MS * fleet.size)) : IDLE_MS, chance);
}

const ALONE: Fleet = { size: 1, releasedAt: 0 };

/** For a worker that would be told nothing if it asked again soon. */
export const idlePollMs = (chance: number) => jittered(IDLE_MS, chance);

/** For a worker that should ask again soon. */
export const busyPollMs = (chance: number) => jittered(SOON_MS, chance);

const jittered = (ms: number, chance: number) => Math.round(ms * (0.8 + 0.4 * chance));
