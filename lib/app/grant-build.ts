import { type Quarantine, strikesOf, timedOf, type Worker } from '../domain/worker.ts';
import type { BuildQueue, BuildStore, Chance, Clock, Grant, Hint, Message, Report, Secrets } from './ports.ts';
import { giveBack, leaveToTimeout, settleRefusal } from './settle-message.ts';

export interface GrantDeps {
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
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

/** `next`: the message led nowhere, try another. `undefined`: this worker gets nothing now. */
export async function tryMessage(
  deps: GrantDeps,
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
export async function tryBuild(
  deps: GrantDeps,
  hint: Hint,
  message: Message | undefined,
  worker: Worker,
  tokenHash: string,
  settings: LeaseSettings,
): Promise<Assignment | undefined | 'next'> {
  const otp = deps.secrets.token();
  const grant = prepareGrant(deps, hint, worker, tokenHash, deps.secrets.hash(otp), settings);
  const outcome = await orGiveBack(deps, message, () => deps.builds.assign(grant));
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
  deps: GrantDeps,
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
    platform: hint.platform,
    labels: worker.labels ?? [],
    strikes: strikesOf(worker, settings.quarantine),
    timed: timedOf(worker),
    otpHash,
    otpExpiresAt: now + settings.otpMs,
    now,
    leaseUntil: now + settings.firstLeaseMs,
    dueAt: now + Math.min(settings.firstLeaseMs, settings.leaseMs),
  });
}

/** A throttle, a timeout, a lost connection: the message goes back, the caller learns of the failure. */
export async function orGiveBack<T>(deps: GrantDeps, message: Message | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (message) await giveBack(deps, message);
    throw error;
  }
}
