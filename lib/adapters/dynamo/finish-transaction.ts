import type { Applied, Ending } from '../../app/ports.ts';
import type { Build } from '../../domain/build.ts';
import type { FailureKind } from '../../domain/failure.ts';
import { Rejection } from '../../domain/rejection.ts';
import type { Claim } from '../../domain/transitions.ts';
import { allowedFrom, asSeen, ending, heldBy, releaseOf } from './build-changes.ts';
import { fromBuildItem } from './build-item.ts';
import { buildKey, duePartition } from './keys.ts';
import { type Change, is } from './expression.ts';
import type { Table } from './table.ts';
import { type Transacted, transact } from './write.ts';

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
  const details =
    end.state === 'completed'
      ? {
          resultKey: end.result.key,
          resultSize: end.result.size,
          resultSha256: end.result.sha256,
          resultFilename: end.result.filename,
        }
      : { failureKind: 'build', failureMessage: end.message };
  const build = ending(buildId, end.state, now, details, [
    allowedFrom(end.state === 'completed' ? 'complete' : 'fail'),
    ...heldBy(claim),
  ]);
  const counter = end.state === 'completed' ? 'completedBuilds' : 'failedBuilds';
  const held = { buildId, ...(claim.attempt !== undefined && { attempt: claim.attempt }) };
  return withWorker(table, token, build, releaseOf(claim.workerId, held, now, counter));
}

/**
 * Cancel: terminal at once, in the state and at the attempt it was read in; the worker that held it is free.
 *
 * Build:  state and attempt as seen · a state that may be cancelled
 * Worker: holds this build at this attempt
 */
export function cancel(table: Table, token: string, seen: Build, now: number): Promise<Applied> {
  const build = ending(seen.id, 'cancelled', now, {}, [allowedFrom('cancel'), ...asSeen(seen)]);
  return withWorker(table, token, build, releaseOfSeen(seen, now));
}

/** Fails a held build for a reason that is not its worker's. Conditions as for cancel, from assigned or building only. */
export function failHeld(
  table: Table,
  token: string,
  seen: Build,
  failure: { kind: FailureKind; message: string },
  now: number,
): Promise<Applied> {
  const details = { failureKind: failure.kind, failureMessage: failure.message };
  const build = ending(seen.id, 'failed', now, details, [allowedFrom('fail'), ...asSeen(seen)]);
  return withWorker(table, token, build, releaseOfSeen(seen, now));
}

/**
 * Requeue: a lost lease goes back to pending, or ends the build when its attempts are used up. `next` is the decision.
 *
 * Build:  assigned or building · attempt and end of the lease as seen (a heartbeat in between moves the latter)
 * Worker: holds this build at this attempt
 */
export function requeue(table: Table, token: string, seen: Build, next: Build, now: number): Promise<Applied> {
  const when = [allowedFrom('requeue'), is('attempt', seen.attempt), is('leaseUntil', seen.leaseUntil)];
  const build: Change =
    next.state === 'pending'
      ? {
          key: buildKey(seen.id),
          set: { state: 'pending', sends: next.sends, duePartition: duePartition('pending'), dueAt: now },
          remove: HOLDER_ATTRIBUTES,
          when,
        }
      : ending(
          seen.id,
          'failed',
          now,
          { failureKind: next.failure?.kind, failureMessage: next.failure?.message },
          when,
        );
  return withWorker(table, token, build, releaseOfSeen(seen, now));
}

const HOLDER_ATTRIBUTES = [
  'workerId',
  'workerName',
  'assignmentId',
  'workerTokenHash',
  'otpHash',
  'startedAt',
  'leaseUntil',
];

function releaseOfSeen({ id, attempt, holder }: Build, now: number): Change | undefined {
  return holder && releaseOf(holder.workerId, { buildId: id, attempt }, now);
}

/**
 * A worker that no longer holds the build (its record expired, or it holds another by now) has nothing to be freed of:
 * then the build changes alone, under the same conditions. The build is the truth; the worker's part follows.
 */
async function withWorker(table: Table, token: string, build: Change, worker: Change | undefined): Promise<Applied> {
  if (!worker) return appliedOf(await transact(table, token, [build]));
  const both = await transact(table, token, [build, worker]);
  if (!both.ok && !both.refusals[0] && both.refusals[1]?.kind === 'condition') {
    return appliedOf(await transact(table, `${token}-alone`, [build]));
  }
  return appliedOf(both);
}

/** A conflict that outlasted its repetitions says nothing about the build: the caller must hear of it as a failure. */
function appliedOf(outcome: Transacted): Applied {
  if (outcome.ok) return { ok: true };
  const [refusal] = outcome.refusals;
  if (refusal?.kind !== 'condition')
    throw new Rejection('contended', 'The build is being changed by others; try again');
  return { ok: false, current: refusal.item && fromBuildItem(refusal.item) };
}
