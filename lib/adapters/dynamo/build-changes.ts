import type { Build, BuildState } from '../../domain/build.ts';
import type { Failure } from '../../domain/failure.ts';
import { ALLOWED_FROM, type Command, type LifeClaim } from '../../domain/transitions.ts';
import type { Outcome } from '../../domain/worker.ts';
import { type Change, type Condition, is, isOneOf } from './expression.ts';
import { buildKey, duePartition, finishedDay, recordExpiresAt, waitPartitionOf, workerKey } from './keys.ts';
import { SIGNS_ATTRIBUTES } from './signs-item.ts';
import type { Kept } from './table.ts';

/** The states a command may come from, as a condition: made from the domain's table, never typed out beside it. */
export const allowedFrom = (command: Command['type']): Condition => isOneOf('state', ALLOWED_FROM[command]);

/** The holder of the current attempt, as far as the claim says who that is. */
export function heldBy(claim: LifeClaim): Condition[] {
  if ('vmTokenHash' in claim) return [is('vmTokenHash', claim.vmTokenHash)];
  if ('beatTokenHash' in claim) return [is('beatTokenHash', claim.beatTokenHash)];
  return [
    is('workerId', claim.workerId),
    ...(claim.tokenHash === undefined ? [] : [is('workerTokenHash', claim.tokenHash)]),
    ...(claim.attempt === undefined ? [] : [is('attempt', claim.attempt)]),
  ];
}

/**
 * Still at the attempt in which it was read, in a state that the command may come from. The attempt says who holds it: no
 * two workers ever have the same.
 */
export const stillAt = (command: Command['type'], { attempt }: Pick<Build, 'attempt'>): Condition[] => [
  allowedFrom(command),
  is('attempt', attempt),
];

type TerminalState = Extract<BuildState, 'completed' | 'failed' | 'cancelled'>;

/** A terminal state: no longer due, no longer leased, without the key of its certs, counted on its day, removed after its time. */
export function ending(
  kept: Kept,
  buildId: string,
  state: TerminalState,
  now: number,
  details: Record<string, string | number | undefined>,
  when: readonly Condition[],
): Change {
  return {
    key: buildKey(buildId),
    set: { state, finishedAt: now, finishedDay: finishedDay(now), expiresAt: recordExpiresAt(kept, now), ...details },
    remove: ['leaseUntil', 'duePartition', 'dueAt', 'waitPartition', 'certsSealedKey', ...OTP_ATTRIBUTES],
    when,
  };
}

export const failureDetails = ({ kind, message }: Failure) => ({ failureKind: kind, failureMessage: message });

/** What the domain decided after an attempt ended without result: pending again, or failed. */
export function afterAttempt(kept: Kept, next: Build, now: number, when: readonly Condition[]): Change {
  const { spentAttempts } = next;
  if (next.failure)
    return ending(kept, next.id, 'failed', now, { spentAttempts, ...failureDetails(next.failure) }, when);
  return {
    key: buildKey(next.id),
    set: {
      state: 'pending',
      sends: next.sends,
      queuedAt: next.queuedAt,
      spentAttempts,
      duePartition: duePartition('pending'),
      dueAt: now,
      waitPartition: waitPartitionOf(next),
    },
    remove: HOLDER_ATTRIBUTES,
    when,
  };
}

const OTP_ATTRIBUTES = ['otpHash', 'otpExpiresAt', 'otpWrongTries', 'otpUsedAt'];

const HOLDER_ATTRIBUTES = [
  ...OTP_ATTRIBUTES,
  'vmTokenHash',
  'beatTokenHash',
  'vmReadyAt',
  ...SIGNS_ATTRIBUTES,
  'workerId',
  'workerName',
  'assignmentId',
  'workerTokenHash',
  'startedAt',
  'buildingSince',
  'leaseUntil',
];

interface Release {
  readonly workerId: string;
  readonly buildId: string;
  readonly attempt?: number;
  readonly outcome: Outcome;
}

/**
 * Frees a worker of exactly this build, and of this attempt where it is known: a late release must never free it of
 * the next one. Notes how the build ended for it, and counts what it finished.
 */
export function releaseOf({ workerId, buildId, attempt, outcome }: Release, now: number): Change {
  const counter = { completed: 'completedBuilds', failed: 'failedBuilds' }[outcome as string];
  return {
    key: workerKey(workerId),
    set: { releasedAt: now, lastOutcome: outcome },
    remove: ['currentBuildId', 'currentAttempt'],
    ...(counter && { add: { [counter]: 1 } }),
    when: [is('currentBuildId', buildId), ...(attempt === undefined ? [] : [is('currentAttempt', attempt)])],
  };
}

/** The same for a build as it was read; undefined where nobody holds it. */
export function releaseOfSeen({ id, attempt, holder }: Build, now: number, outcome: Outcome): Change | undefined {
  return holder && releaseOf({ workerId: holder.workerId, buildId: id, attempt, outcome }, now);
}
