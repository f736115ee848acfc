import type { Build, Platform } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { isHeldBy } from '../domain/transitions.ts';
import {
  busyPollMs,
  isQuarantined,
  isSightingDue,
  nextPollMs,
  type Quarantine,
  strikesOf,
  type Worker,
} from '../domain/worker.ts';
import type {
  BuildQueue,
  BuildStore,
  Chance,
  Clock,
  Grant,
  Hint,
  Message,
  Report,
  Secrets,
  WaitingBuilds,
  WorkerStore,
} from './ports.ts';
import { giveBack, leaveToTimeout, settleRefusal } from './settle-message.ts';
import { openLine } from './waiting-line.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly workers: WorkerStore;
  readonly queue: BuildQueue;
  readonly waiting: WaitingBuilds;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly report: Report;
}

export interface LeaseSettings {
  readonly firstLeaseMs: number;
  readonly leaseMs: number;
  readonly maxAttempts: number;
  /** How long the one-time password of a virtual machine is good. */
  readonly otpMs: number;
  readonly quarantine: Quarantine;
}

export interface Assignment extends Hint {
  /** The attempt that was granted. */
  readonly attempt: number;
  readonly leaseUntil: number;
  readonly otp: string;
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
  if (worker.current) {
    const held = await repeatAssignment(deps, worker, worker.current.buildId, settings.otpMs);
    if (held !== 'free') return held ? { assignment: held, nextPollMs: pace } : { nextPollMs: pace };
  }
  const isBarred = worker.isDraining || isQuarantined(worker, now, settings.quarantine);
  const found = isBarred ? 'nothing' : await assignNext(deps, worker, tokenHash, settings);
  if (typeof found === 'object') return { assignment: found, nextPollMs: pace };
  if (isSightingDue(worker, now)) await deps.workers.noteSeen(worker, now);
  return { nextPollMs: found === 'unfinished' ? busyPollMs(chance) : pace };
}

type Repeated = Assignment | undefined | 'free';

/**
 * A lost answer must not strand a build: until its first heartbeat the same assignment is given again, with a new
 * one-time password. `undefined`: the worker is at work. `free`: what it was said to hold is no longer its own.
 */
async function repeatAssignment(deps: Deps, worker: Worker, buildId: string, otpMs: number): Promise<Repeated> {
  const build = await readableBuild(deps, buildId);
  const isOwn = build && isHeldBy(build, { workerId: worker.id }) && build.attempt === worker.current?.attempt;
  if (!isOwn || (build.state !== 'assigned' && build.state !== 'building')) {
    await deps.workers.forget(worker);
    return 'free';
  }
  if (build.state === 'building' || !build.source || build.leaseUntil === undefined) return undefined;
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

/** What the worker holds cannot be read: it can never be built, and must not keep the worker from other builds. */
async function readableBuild(deps: Deps, buildId: string): Promise<Build | undefined> {
  try {
    return await deps.builds.get(buildId);
  } catch (error) {
    if (error instanceof Rejection && error.code === 'unreadable_record') return undefined;
    throw error;
  }
}

/** `unfinished`: the queues may hold more, the worker should ask again soon. */
async function assignNext(
  deps: Deps,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
): Promise<Assignment | 'nothing' | 'unfinished'> {
  const searchUntil = deps.clock() + SEARCH_MS;
  let left = MAX_MESSAGES;
  for (const platform of inFairOrder(worker.platforms, deps.chance())) {
    const line = openLine(deps, worker, platform);
    let isEmpty = false;
    for (;;) {
      if (left === 0 || deps.clock() > searchUntil) return 'unfinished';
      const message: Message | undefined = isEmpty ? undefined : await deps.queue.receive(platform);
      isEmpty = message === undefined;
      const first = await line(message);
      if (!message && !first) break;
      left -= 1;
      // It makes way: others may have it at once.
      if (message && first) await leaveToTimeout(deps, message, () => deps.queue.giveBack(message, 0));
      const answer = await (first
        ? tryBuild(deps, first, undefined, worker, tokenHash, settings)
        : message && tryMessage(deps, message, worker, tokenHash, settings));
      if (answer !== 'next') return answer ?? 'nothing';
    }
  }
  return 'nothing';
}

/** A worker that builds for several platforms must not always look into the same queue first. */
function inFairOrder(platforms: readonly Platform[], chance: number): readonly Platform[] {
  const first = Math.floor(chance * platforms.length);
  return [...platforms.slice(first), ...platforms.slice(0, first)];
}

/** `next`: the message led nowhere, try another. `undefined`: this worker gets nothing now. */
async function tryMessage(
  deps: Deps,
  message: Message,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
): Promise<Assignment | undefined | 'next'> {
  const { hint } = message;
  if (!hint) {
    // Not ours to delete: after its last receive the queue puts it aside for a person to look at.
    deps.report({ event: 'message_malformed', messageId: message.id });
    return 'next';
  }
  return tryBuild(deps, hint, message, worker, tokenHash, settings);
}

/** `message`: the one that told of it; absent: the index did. */
async function tryBuild(
  deps: Deps,
  hint: Hint,
  message: Message | undefined,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
): Promise<Assignment | undefined | 'next'> {
  const otp = deps.secrets.token();
  const grant = prepareGrant(deps, hint, worker, tokenHash, deps.secrets.hash(otp), settings);
  const outcome = await grantOrGiveBack(deps, message, grant);
  if (!outcome.ok) return settleRefusal(deps, message, hint, worker.id, outcome.refusal);
  const { assignmentId } = grant.holder;
  deps.report({
    event: 'build_assigned',
    buildId: hint.buildId,
    attempt: hint.attempt + 1,
    workerId: worker.id,
    assignmentId,
    waitedMs: Math.max(0, grant.now - hint.submittedAt),
  });
  // Only after the commit. If this fails, the message comes again as a stale hint and is deleted then.
  if (message) await leaveToTimeout(deps, message, () => deps.queue.delete(message));
  return { ...hint, attempt: hint.attempt + 1, leaseUntil: grant.leaseUntil, otp };
}

function prepareGrant(
  deps: Deps,
  hint: Hint,
  worker: Worker,
  tokenHash: string,
  otpHash: string,
  settings: LeaseSettings,
): Grant {
  const now = deps.clock();
  return Object.freeze({
    buildId: hint.buildId,
    attempt: hint.attempt,
    maxAttempts: settings.maxAttempts,
    holder: { workerId: worker.id, workerName: worker.name, assignmentId: deps.secrets.id(), tokenHash },
    workerEpoch: worker.epoch,
    labels: worker.labels ?? [],
    strikes: strikesOf(worker, settings.quarantine),
    otpHash,
    otpExpiresAt: now + settings.otpMs,
    now,
    leaseUntil: now + settings.firstLeaseMs,
    dueAt: now + Math.min(settings.firstLeaseMs, settings.leaseMs),
  });
}

/** A throttle, a timeout, a lost connection: the message goes back, the caller learns of the failure. */
async function grantOrGiveBack(deps: Deps, message: Message | undefined, grant: Grant) {
  try {
    return await deps.builds.assign(grant);
  } catch (error) {
    if (message) await giveBack(deps, message);
    throw error;
  }
}
