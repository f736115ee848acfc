import type { Platform } from '../domain/build.ts';
import { placeOf } from '../domain/line.ts';
import { isHeldBy } from '../domain/transitions.ts';
import {
  busyPollMs,
  idlePollMs,
  isOfEarlierProcess,
  isQuarantined,
  isSightingDue,
  nextPollMs,
  type Worker,
} from '../domain/worker.ts';
import {
  type Assignment,
  type GrantDeps,
  type LeaseSettings,
  orGiveBack,
  tryBuild,
  tryMessage,
} from './grant-build.ts';
import type { Message, PauseLookout, WaitingBuilds, WorkerStore } from './ports.ts';
import { readableBuild } from './readable-build.ts';
import { leaveToTimeout, putOff } from './settle-message.ts';
import type { Pace } from './spread-polls.ts';
import { openLine, orNone } from './waiting-line.ts';

interface Deps extends GrantDeps {
  readonly workers: WorkerStore;
  readonly waiting: WaitingBuilds;
  readonly lookout: PauseLookout;
  /** For a worker that was given nothing. Absent: the pace of chance. */
  readonly pace?: Pace;
}

export interface PollAnswer {
  readonly assignment?: Assignment;
  readonly nextPollMs: number;
}

/**
 * What one poll spends on hints that lead nowhere. A storm of lost answers leaves hundreds of them in front of builds that
 * wait, and a worker told “nothing” comes again only after half a minute: with 5 a poll, such a backlog held builds up for
 * minutes. 2 s leave more than as long again for the last assignment before the answer is due.
 */
const SEARCH_MS = 2_000;
const MAX_MESSAGES = 50;

/**
 * Messages of one queue that led nowhere before a poll looks for a build without one. A build that waited for hours was sent
 * again some times, so a long backlog leaves several such messages for each of its builds, and what is submitted after it has
 * its own behind them all: a wall of thousands, of which a poll takes away 50 at most. Where each takes
 * long, half of the poll's time says so sooner.
 */
const MISSES_BEFORE_INDEX = 10;

/**
 * One poll of an authenticated worker (`tokenHash`: of the token it proved itself with). Answers an assignment, the
 * same one again when the worker holds one that it has not started, or none.
 */
export async function assignBuild(
  deps: Deps,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
): Promise<PollAnswer> {
  const now = deps.clock();
  const chance = deps.chance();
  const pace = nextPollMs(worker, now, chance);
  const held = await repeatAssignment(deps, worker, tokenHash, settings.otpMs);
  if (held !== 'free') return held ? { assignment: held, nextPollMs: pace } : { nextPollMs: pace };
  const isBarred = worker.isDraining || isQuarantined(worker, now, settings.quarantine);
  const found = isBarred ? 'barred' : await assignNext(deps, worker, tokenHash, settings);
  if (typeof found === 'object') return { assignment: found, nextPollMs: pace };
  if (isSightingDue(worker, now)) await deps.workers.noteSeen(worker, now);
  if (found === 'unfinished') return { nextPollMs: busyPollMs(chance) };
  if (found === 'paused' || found === 'barred') return { nextPollMs: idlePollMs(chance) };
  return { nextPollMs: deps.pace?.(worker, now, chance) ?? pace };
}

type Repeated = Assignment | undefined | 'free';

/**
 * A lost answer must not strand a build: until its first heartbeat the same assignment is given again, with a new
 * one-time password. `undefined`: the worker is at work, or the process that took this one's place. `free`: it holds nothing,
 * or what it was said to hold is no longer its own.
 */
async function repeatAssignment(deps: Deps, worker: Worker, tokenHash: string, otpMs: number): Promise<Repeated> {
  if (!worker.current) return 'free';
  const { buildId } = worker.current;
  const build = await readableBuild(deps.builds, buildId);
  const isOwn = build && isHeldBy(build, { workerId: worker.id }) && build.attempt === worker.current.attempt;
  if (!isOwn || (build.state !== 'assigned' && build.state !== 'building')) {
    await deps.workers.forget(worker);
    return 'free';
  }
  if (build.state === 'building' || !build.source || build.leaseUntil === undefined) return undefined;
  if (isOfEarlierProcess(worker, build, tokenHash)) return undefined;
  const otp = deps.secrets.token();
  const issued = { hash: deps.secrets.hash(otp), expiresAt: deps.clock() + otpMs };
  if (!(await deps.builds.reissueOtp(build, issued))) return undefined;
  const { attempt, platform, submittedAt, leaseUntil, source, certs } = build;
  deps.report({ event: 'assignment_repeated', buildId, attempt, workerId: worker.id });
  return {
    buildId,
    attempt,
    platform,
    submittedAt,
    leaseUntil,
    otp,
    sourceSize: source.size,
    sourceSha256: source.sha256,
    ...(certs && { hasCerts: true }),
  };
}

/** `unfinished`: the queues may hold more, the worker should ask again soon. `paused`: nothing that it builds is handed out. */
async function assignNext(
  deps: Deps,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
): Promise<Assignment | 'nothing' | 'unfinished' | 'paused'> {
  const searchUntil = deps.clock() + SEARCH_MS;
  let left = MAX_MESSAGES;
  let paused = 0;
  for (const platform of inFairOrder(worker.platforms, deps.chance())) {
    if (await deps.lookout.isPaused(platform)) {
      paused += 1;
      continue;
    }
    const line = openLine(deps, worker, platform);
    let isEmpty = false;
    let misses = 0;
    let hasLooked = false;
    for (;;) {
      if (left === 0 || deps.clock() > searchUntil) return 'unfinished';
      const isLate = deps.clock() > searchUntil - SEARCH_MS / 2;
      if (!hasLooked && (misses === MISSES_BEFORE_INDEX || (isLate && misses > 0))) {
        hasLooked = true;
        const answer = await tryWithout(deps, platform, worker, tokenHash, settings, searchUntil);
        if (answer !== 'next') return answer ?? 'nothing';
      }
      const message: Message | undefined = isEmpty ? undefined : await deps.queue.receive(platform);
      isEmpty = message === undefined;
      const first = await line(message);
      if (!message && !first) break;
      if (await hasJustPaused(deps, platform, message)) {
        paused += 1;
        break;
      }
      left -= 1;
      // It makes way: others may have it at once.
      if (message && first) await leaveToTimeout(deps, message, () => deps.queue.giveBack(message, 0));
      const answer = await (first
        ? tryBuild(deps, first, undefined, worker, tokenHash, settings)
        : message && tryMessage(deps, message, worker, tokenHash, settings));
      if (answer !== 'next') return answer ?? 'nothing';
      misses += 1;
    }
  }
  return paused > 0 && paused === worker.platforms.length ? 'paused' : 'nothing';
}

/** Builds whose messages stand behind those that lead nowhere, each in its turn. */
async function tryWithout(
  deps: Deps,
  platform: Platform,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
  searchUntil: number,
): Promise<Assignment | undefined | 'next'> {
  const { labels = [] } = worker;
  const reads = [deps.waiting.urgent(platform), deps.waiting.some(platform, labels, deps.chance())];
  const found = new Map((await orNone(deps, Promise.all(reads)))?.flat().map((build) => [build.buildId, build]));
  for (const build of [...found.values()].sort((a, b) => placeOf(a) - placeOf(b))) {
    if (deps.clock() > searchUntil) break;
    // Their messages may be hidden because of a pause that this poll has not seen.
    if (await hasJustPaused(deps, platform, undefined)) break;
    const answer = await tryBuild(deps, build, undefined, worker, tokenHash, settings);
    if (answer !== 'next') return answer;
  }
  return 'next';
}

/** The pause began after this poll had looked for one, or is not known here yet: what was received is for later. */
async function hasJustPaused(deps: Deps, platform: Platform, message: Message | undefined): Promise<boolean> {
  const isPaused = await orGiveBack(deps, message, () => deps.lookout.isPausedNow(platform));
  if (isPaused && message) await putOff(deps, message);
  return isPaused;
}

/** A worker that builds for several platforms must not always look into the same queue first. */
function inFairOrder(platforms: readonly Platform[], chance: number): readonly Platform[] {
  const first = Math.floor(chance * platforms.length);
  return [...platforms.slice(first), ...platforms.slice(0, first)];
}
