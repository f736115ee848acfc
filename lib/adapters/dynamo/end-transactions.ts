import type { Applied, Ending } from '../../app/ports.ts';
import type { Build } from '../../domain/build.ts';
import { BY_CONTROLLER, BY_SUBMITTER, BY_SWEEP, byWorker } from '../../domain/build-event.ts';
import type { Failure } from '../../domain/failure.ts';
import { CANCELLED_MESSAGE, type Claim } from '../../domain/transitions.ts';
import {
  afterAttempt,
  allowedFrom,
  ending,
  failureDetails,
  heldBy,
  releaseOf,
  releaseOfSeen,
  stillAt,
} from './build-changes.ts';
import { type EventDraft, eventPut } from './event-item.ts';
import { is } from './expression.ts';
import { workerKey } from './keys.ts';
import type { Table } from './table.ts';
import { changeBuild } from './worker-part.ts';

/**
 * Complete and fail: the build ends and its worker is free and counted, in one step.
 *
 * Build:  assigned or building · held by the claiming worker (token and attempt where the claim has them)
 * Worker: holds this build (this attempt where the claim has it)
 */
export function finish(
  table: Table,
  token: string,
  buildId: string,
  claim: Claim,
  end: Ending,
  now: number,
): Promise<Applied> {
  const isCompleted = end.state === 'completed';
  const failure = isCompleted ? undefined : { kind: end.kind, message: end.message };
  const details = isCompleted ? resultDetails(end) : failure && failureDetails(failure);
  const when = [allowedFrom(isCompleted ? 'complete' : 'fail'), ...heldBy(claim)];
  const attempt = claim.attempt === undefined ? {} : { attempt: claim.attempt };
  const why = failure ? { kind: failure.kind, why: failure.message } : {};
  return changeBuild(table, token, {
    build: ending(table, buildId, end.state, now, details ?? {}, when),
    worker: releaseOf({ workerId: claim.workerId, buildId, ...attempt, outcome: end.state }, now),
    event: eventPut(table, buildId, { type: end.state, at: now, by: byWorker(claim.workerId), ...attempt, ...why }),
  });
}

function resultDetails({ result }: Extract<Ending, { state: 'completed' }>) {
  const { key, size, sha256, filename } = result;
  return { resultKey: key, resultSize: size, resultSha256: sha256, resultFilename: filename };
}

/**
 * Cancel: terminal at once, at the attempt it was read in; the worker that held it is free.
 *
 * Build:  at the attempt seen · a state that may be cancelled
 * Worker: holds this build at this attempt
 */
export function cancel(
  table: Table,
  token: string,
  seen: Build,
  now: number,
  by: string = BY_SUBMITTER,
): Promise<Applied> {
  const failure = { kind: 'cancelled', message: CANCELLED_MESSAGE } as const;
  const when = stillAt('cancel', seen);
  return changeBuild(table, token, {
    build: ending(table, seen.id, 'cancelled', now, failureDetails(failure), when),
    worker: releaseOfSeen(seen, now, 'cancelled'),
    event: eventPut(table, seen.id, {
      type: 'cancelled',
      at: now,
      attempt: seen.attempt,
      by,
      kind: 'cancelled',
    }),
  });
}

/** Fails a held build for a reason that is not its worker's report. Conditions as for cancel, from assigned or building. */
export function expire(table: Table, token: string, seen: Build, failure: Failure, now: number): Promise<Applied> {
  const when = stillAt('expire', seen);
  const by = failure.kind === 'timeout_build' ? BY_SWEEP : BY_CONTROLLER;
  return changeBuild(table, token, {
    build: ending(table, seen.id, 'failed', now, failureDetails(failure), when),
    worker: releaseOfSeen(seen, now, failure.kind === 'timeout_build' ? 'lost' : 'given_back'),
    event: failed(table, seen, failure, by, now),
  });
}

/**
 * Requeue: a lost lease goes back to pending, or ends the build when its attempts are used up. `next` is the decision.
 *
 * Build:  assigned or building · at the attempt and with the end of the lease seen (a heartbeat in between moves the latter)
 * Worker: holds this build at this attempt
 */
export function requeue(table: Table, token: string, seen: Build, next: Build, now: number): Promise<Applied> {
  const when = [...stillAt('requeue', seen), is('leaseUntil', seen.leaseUntil)];
  const why = `worker ${seen.holder?.workerId ?? '(unknown)'} stopped answering`;
  const requeued: EventDraft = { type: 'requeued', at: now, by: BY_SWEEP, why, ...attemptOf(seen) };
  return changeBuild(table, token, {
    build: afterAttempt(table, next, now, when),
    worker: releaseOfSeen(seen, now, 'lost'),
    event: next.failure ? failed(table, seen, next.failure, BY_SWEEP, now) : eventPut(table, seen.id, requeued),
  });
}

/**
 * Give back: the holder itself, or who sends it away, ends its attempt; it may leave in the same step.
 *
 * Build:  at the attempt seen · a state that may be given back
 * Worker: holds this build at this attempt
 */
export function giveBack(
  table: Table,
  token: string,
  seen: Build,
  next: Build,
  now: number,
  worker: 'stays' | 'leaves',
  by: string = byWorker(seen.holder?.workerId ?? '(unknown)'),
): Promise<Applied> {
  const release = releaseOfSeen(seen, now, 'given_back');
  const leave = seen.holder && release && { key: workerKey(seen.holder.workerId), when: release.when };
  return changeBuild(table, token, {
    build: afterAttempt(table, next, now, stillAt('giveBack', seen)),
    worker: worker === 'leaves' ? leave : release,
    event: next.failure
      ? failed(table, seen, next.failure, by, now)
      : eventPut(table, seen.id, { type: 'given_back', at: now, by, ...attemptOf(seen) }),
  });
}

function failed(table: Table, seen: Build, { kind, message }: Failure, by: string, now: number) {
  return eventPut(table, seen.id, { type: 'failed', at: now, attempt: seen.attempt, by, kind, why: message });
}

/** A requeued build's record forgets the attempt; its event keeps what the story needs. */
function attemptOf({ attempt, buildingSince }: Build) {
  return { attempt, ...(buildingSince !== undefined && { startedAt: buildingSince }) };
}
