import type { Grant, GrantOutcome } from '../../lib/app/ports.ts';
import { byWorker } from '../../lib/domain/build-event.ts';
import { assignOf, decide } from '../../lib/domain/transitions.ts';
import type { MemoryTable } from './memory-table.ts';
import { timedPart } from './memory-workers.ts';

/** The assignment: build and worker change together or not at all. A resend of the same grant is the same grant. */
export function assign(table: MemoryTable, grant: Grant): GrantOutcome {
  const { buildId, attempt, holder, now } = grant;
  if (table.isUnreadable(buildId)) return { ok: false, refusal: 'unreadable' };
  const before = table.build(buildId);
  if (!before) return { ok: false, refusal: 'build_absent' };
  if (before.holder?.assignmentId === holder.assignmentId) return { ok: true };
  const decision = decide(before, assignOf(grant), now);
  if (!decision.ok) return { ok: false, refusal: decision.code };
  const refusal = workerRefusal(table, grant);
  if (refusal) return { ok: false, refusal };
  takeWorker(table, grant);
  const otp = { hash: grant.otpHash, expiresAt: grant.otpExpiresAt, wrongTries: 0 };
  table.put({ command: 'assign', before, after: { ...decision.next, otp } }, { kind: 'leased', at: grant.dueAt });
  const why = holder.workerName;
  table.addEvent(buildId, { type: 'assigned', at: now, attempt: attempt + 1, by: byWorker(holder.workerId), why });
  return { ok: true };
}

function workerRefusal(table: MemoryTable, { holder, workerEpoch }: Grant) {
  const worker = table.workers.get(holder.workerId);
  if (!worker) return 'worker_not_found';
  if (worker.epoch !== workerEpoch) return 'worker_offline';
  return worker.current ? 'worker_busy' : undefined;
}

function takeWorker(table: MemoryTable, { holder, buildId, attempt, now, strikes, timed }: Grant): void {
  const worker = table.workers.get(holder.workerId);
  if (!worker) return;
  const { lastOutcome: _before, ...rest } = worker;
  const current = { buildId, attempt: attempt + 1 };
  table.workers.set(worker.id, { ...rest, current, lastSeenAt: now, grantedAt: now, strikes, ...timedPart(timed) });
}
