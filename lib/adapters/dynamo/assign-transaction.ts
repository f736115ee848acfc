import type { Grant, GrantOutcome } from '../../app/ports.ts';
import type { AssignRefusal } from '../../domain/assignment.ts';
import type { Build } from '../../domain/build.ts';
import { byWorker } from '../../domain/build-event.ts';
import { MAX_BUILD_LABELS } from '../../domain/labels.ts';
import { assignOf, decide } from '../../domain/transitions.ts';
import { stillAt } from './build-changes.ts';
import { fromBuildItem, isUnreadable } from './build-item.ts';
import { eventPut } from './event-item.ts';
import { type Change, hasOnly, hasType, is, isAbsent, isBelow } from './expression.ts';
import { buildKey, duePartition, workerKey } from './keys.ts';
import type { Table } from './table.ts';
import { timedAttributes } from './worker-store.ts';
import { type Refusal, type Transacted, transact } from './write.ts';

/**
 * The assignment: build and worker change together or not at all, and the conditions are the selection.
 *
 * Build:  pending · at the attempt the message spoke of · for the worker's platform · attempts left · has a source ·
 *         asks for no label but the worker's
 * Worker: at the epoch it polled with (and so there) · holds no build
 *
 * Refusals: build_moved, labels_missing, source_missing, attempts_exhausted, unreadable, build_absent; worker_busy, worker_offline,
 * worker_not_found; conflict.
 */
export async function assign(table: Table, grant: Grant): Promise<GrantOutcome> {
  const { buildId, holder, now } = grant;
  const event = { type: 'assigned', at: now, attempt: grant.attempt + 1, by: byWorker(holder.workerId) } as const;
  const assigned = eventPut(table, buildId, { ...event, why: holder.workerName });
  const parts = [buildChange(grant), workerChange(grant), assigned];
  const outcome = await transact(table, holder.assignmentId, parts);
  return outcome.ok ? { ok: true } : nameRefusal(grant, outcome);
}

function buildChange({ holder, ...grant }: Grant): Change {
  return {
    key: buildKey(grant.buildId),
    set: {
      state: 'assigned',
      attempt: grant.attempt + 1,
      workerId: holder.workerId,
      workerName: holder.workerName,
      assignmentId: holder.assignmentId,
      workerTokenHash: holder.tokenHash,
      otpHash: grant.otpHash,
      otpExpiresAt: grant.otpExpiresAt,
      otpWrongTries: 0,
      startedAt: grant.now,
      leaseUntil: grant.leaseUntil,
      duePartition: duePartition('leased'),
      dueAt: grant.dueAt,
    },
    remove: ['buildingSince', 'waitPartition'],
    when: [
      ...stillAt('assign', grant),
      is('platform', grant.platform),
      isBelow('spentAttempts', grant.maxAttempts),
      hasType('sourceKey', 'S'),
      hasOnly('labels', grant.labels, MAX_BUILD_LABELS),
    ],
  };
}

function workerChange(grant: Grant): Change {
  return {
    key: workerKey(grant.holder.workerId),
    set: {
      currentBuildId: grant.buildId,
      currentAttempt: grant.attempt + 1,
      lastSeenAt: grant.now,
      grantedAt: grant.now,
      strikes: grant.strikes,
      ...timedAttributes(grant.timed),
    },
    remove: ['lastOutcome'],
    when: [is('epoch', grant.workerEpoch), isAbsent('currentBuildId')],
  };
}

/** The build's refusal comes first: if it moved on, the message is stale whatever the worker is doing. */
function nameRefusal(grant: Grant, { refusals }: Extract<Transacted, { ok: false }>): GrantOutcome {
  const [build, worker] = refusals;
  if (build?.kind === 'condition') return buildRefusal(grant, build);
  if (worker?.kind === 'condition') return { ok: false, refusal: workerRefusal(grant, worker) };
  return { ok: false, refusal: 'conflict' };
}

function buildRefusal(grant: Grant, { item }: Extract<Refusal, { kind: 'condition' }>): GrantOutcome {
  if (!item) return { ok: false, refusal: 'build_absent' };
  let build: Build;
  try {
    build = fromBuildItem(item);
  } catch (error) {
    if (isUnreadable(error)) return { ok: false, refusal: 'unreadable' };
    throw error;
  }
  const decision = decide(build, assignOf(grant), grant.now);
  // Allowed by the domain and refused by the table: only a record whose parts contradict each other does that.
  return { ok: false, refusal: decision.ok ? 'unreadable' : decision.code };
}

function workerRefusal(grant: Grant, { item }: Extract<Refusal, { kind: 'condition' }>): AssignRefusal {
  if (!item) return 'worker_not_found';
  return item['epoch']?.N === String(grant.workerEpoch) ? 'worker_busy' : 'worker_offline';
}
