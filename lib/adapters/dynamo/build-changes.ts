import type { Build, BuildState } from '../../domain/build.ts';
import { ALLOWED_FROM, type Claim, type Command } from '../../domain/transitions.ts';
import { type Change, type Condition, is, isOneOf } from './expression.ts';
import { buildKey, expiresAt, finishedDay, workerKey } from './keys.ts';

/** The states a command may come from, as a condition: made from the domain's table, never typed out beside it. */
export const allowedFrom = (command: Command['type']): Condition => isOneOf('state', ALLOWED_FROM[command]);

/** The holder of the current attempt, as far as the claim says who that is. */
export function heldBy(claim: Claim): Condition[] {
  return [
    is('workerId', claim.workerId),
    ...(claim.tokenHash === undefined ? [] : [is('workerTokenHash', claim.tokenHash)]),
    ...(claim.attempt === undefined ? [] : [is('attempt', claim.attempt)]),
  ];
}

/** A terminal state: no longer due, no longer leased, counted on its day, removed after its time. */
export function ending(
  buildId: string,
  state: Extract<BuildState, 'completed' | 'failed' | 'cancelled'>,
  now: number,
  details: Record<string, string | number | undefined>,
  when: readonly Condition[],
): Change {
  return {
    key: buildKey(buildId),
    set: { state, finishedAt: now, finishedDay: finishedDay(now), expiresAt: expiresAt(now), ...details },
    remove: ['leaseUntil', 'duePartition', 'dueAt', 'otpHash'],
    when,
  };
}

/**
 * Frees a worker of exactly this build, and of this attempt where it is known: a late release must never free it of
 * the next one.
 */
export function releaseOf(
  workerId: string,
  held: { buildId: string; attempt?: number },
  now: number,
  counter?: 'completedBuilds' | 'failedBuilds',
): Change {
  return {
    key: workerKey(workerId),
    set: { releasedAt: now },
    remove: ['currentBuildId', 'currentAttempt'],
    ...(counter && { add: { [counter]: 1 } }),
    when: [
      is('currentBuildId', held.buildId),
      ...(held.attempt === undefined ? [] : [is('currentAttempt', held.attempt)]),
    ],
  };
}

/** A build as it was read: nothing that the decision rests on may have changed. */
export function asSeen(seen: Build): Condition[] {
  return [is('state', seen.state), is('attempt', seen.attempt)];
}
