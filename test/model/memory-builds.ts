import type { Applied, BuildStore, Ending } from '../../lib/app/ports.ts';
import { assignmentFailed } from '../../lib/domain/assignment.ts';
import { type Build, isTerminal } from '../../lib/domain/build.ts';
import { BY_CONTROLLER, BY_SUBMITTER, BY_SWEEP, byWorker } from '../../lib/domain/build-event.ts';
import { firstDueAt } from '../../lib/domain/due.ts';
import type { Failure } from '../../lib/domain/failure.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import { ALLOWED_FROM, type Claim, type Command, decide } from '../../lib/domain/transitions.ts';
import type { Outcome } from '../../lib/domain/worker.ts';
import { assign } from './memory-assign.ts';
import { eventsOf } from './memory-events.ts';
import { holds, type MemoryTable, release } from './memory-table.ts';
import { memoryVm } from './memory-vm.ts';

const MAX_TOKENS = 10;

/** The builds in memory: each method is one step that nothing comes between, under the conditions of the real table. */
export function memoryBuilds(table: MemoryTable): BuildStore {
  return {
    get: async (id) => table.build(id),
    create: async (build) => create(table, build),
    addToken: async (build, tokenHash) => addToken(table, build, tokenHash),
    markSent: async (build, sends, dueAt) => {
      const before = table.build(build.id);
      if (!isStillAt('assign', before, build)) return;
      table.put({ command: 'markSent', before, after: { ...before, sends } }, { kind: 'pending', at: dueAt });
    },
    assign: async (grant) => assign(table, grant),
    ...memoryVm(table),
    heartbeat: async (buildId, claim, { now, leaseUntil, rebindTo, progress, sample }) => {
      const before = table.build(buildId);
      const decision = before && decide(before, { type: 'heartbeat', claim, leaseMs: leaseUntil - now }, now);
      if (!before || !decision?.ok) return { ok: false, current: before };
      const { holder } = decision.next;
      const rebound = holder && rebindTo !== undefined ? { holder: { ...holder, tokenHash: rebindTo } } : {};
      table.replace({ command: 'heartbeat', before, after: { ...decision.next, ...rebound }, claim });
      if (progress === undefined && !sample) return { ok: true };
      const isProgressNew = progress !== undefined && table.isProgressNew(before, progress);
      return { ok: true, isProgressNew, isSampleDue: sample !== undefined && table.isFirstOfMinute(buildId, sample) };
    },
    measure: async (buildId, workerId, sample) => {
      const build = table.build(buildId);
      const isHeld = build !== undefined && (ALLOWED_FROM.heartbeat as readonly string[]).includes(build.state);
      return isHeld && build.holder?.workerId === workerId && table.isFirstOfMinute(buildId, sample);
    },
    extendLease: async (build, leaseUntil) => {
      const before = table.build(build.id);
      if (!isStillAt('requeue', before, build) || (before.leaseUntil ?? leaseUntil) >= leaseUntil) return;
      table.replace({ command: 'extendLease', before, after: { ...before, leaseUntil } });
    },
    finish: async (buildId, claim, ending, now) => finish(table, buildId, claim, ending, now),
    cancel: async (seen, now) =>
      end(table, seen, { type: 'cancel' }, 'cancelled', { by: BY_SUBMITTER, kind: 'cancelled' }, now),
    expire: async (seen, failure, now) => {
      const isLate = failure.kind === 'timeout_build';
      const event = { by: isLate ? BY_SWEEP : BY_CONTROLLER, kind: failure.kind, why: failure.message };
      const command = { type: 'expire', attempt: seen.attempt, failure } as const;
      return end(table, seen, command, isLate ? 'lost' : 'given_back', event, now);
    },
    requeue: async (seen, next, now) => requeue(table, seen, next, now),
    giveBack: async (seen, next, now, worker, by) => giveBack(table, seen, next, now, worker, by),
    reject: async (build, failure, now) => reject(table, build, failure, now),
    rejectUnreadable: async (id, now) => rejectUnreadable(table, id, now),
    noteCertsRead: async ({ id, attempt }, by, at) => table.addEvent(id, { type: 'certs_read', at, attempt, by }),
    events: async (build) => eventsOf(table, build),
  };
}

/** The condition of every change that rests on an attempt that was read before. */
function isStillAt(type: Command['type'], build: Build | undefined, seen: Pick<Build, 'attempt'>): build is Build {
  if (!build || build.attempt !== seen.attempt) return false;
  return (ALLOWED_FROM[type] as readonly string[]).includes(build.state);
}

function create(table: MemoryTable, build: Build): boolean {
  const before = table.build(build.id);
  if (before) return before.tokenHashes[0] === build.tokenHashes[0];
  table.put({ command: 'create', before, after: build }, { kind: 'pending', at: firstDueAt(build) });
  return true;
}

function addToken(table: MemoryTable, { id }: Build, tokenHash: string): void {
  const before = table.build(id);
  if (!before) throw new Rejection('contended', 'This build is being submitted many times at once; try again');
  const [first = tokenHash, ...others] = before.tokenHashes;
  const tokenHashes = [first, ...others.slice(2 - MAX_TOKENS), tokenHash];
  table.replace({ command: 'addToken', before, after: { ...before, tokenHashes } });
}

function finish(table: MemoryTable, buildId: string, claim: Claim, ending: Ending, now: number): Applied {
  const before = table.build(buildId);
  const command =
    ending.state === 'completed'
      ? ({ type: 'complete', claim, result: ending.result } as const)
      : ({ ...ending, type: 'fail', claim } as const);
  const decision = before && decide(before, command, now);
  if (!decision?.ok) return { ok: false, current: before };
  const { workerId, attempt } = claim;
  release(table, { workerId, buildId, attempt, outcome: ending.state }, now);
  table.put({ command: command.type, before, after: decision.next, claim }, undefined);
  const why = ending.state === 'failed' ? { kind: ending.kind, why: ending.message } : {};
  table.addEvent(buildId, {
    type: ending.state,
    at: now,
    attempt: before?.attempt ?? 0,
    by: byWorker(workerId),
    ...why,
  });
  return { ok: true };
}

type EndCommand = Extract<Command, { type: 'cancel' | 'expire' }>;
type EndEvent = { by: string; kind: Failure['kind']; why?: string };

/** Ends a build that was read before, whoever holds it, and frees who held it then. */
function end(
  table: MemoryTable,
  seen: Build,
  command: EndCommand,
  outcome: Outcome,
  event: EndEvent,
  now: number,
): Applied {
  const before = table.build(seen.id);
  const decision = isStillAt(command.type, before, seen) ? decide(before, command, now) : undefined;
  if (!decision?.ok) return { ok: false, current: before };
  releaseSeen(table, seen, outcome, now);
  table.put({ command: command.type, before, after: decision.next }, undefined);
  const type = command.type === 'cancel' ? 'cancelled' : 'failed';
  table.addEvent(seen.id, { type, at: now, attempt: seen.attempt, ...event });
  return { ok: true };
}

function releaseSeen(table: MemoryTable, { id, attempt, holder }: Build, outcome: Outcome, now: number): void {
  if (holder) release(table, { workerId: holder.workerId, buildId: id, attempt, outcome }, now);
}

function requeue(table: MemoryTable, seen: Build, next: Build, now: number): boolean {
  const before = table.build(seen.id);
  if (!isStillAt('requeue', before, seen) || before.leaseUntil !== seen.leaseUntil) return false;
  releaseSeen(table, seen, 'lost', now);
  afterAttempt(table, 'requeue', before, next, now);
  const why = `worker ${seen.holder?.workerId ?? '(unknown)'} stopped answering`;
  addAttemptEvent(table, seen, next, { type: 'requeued', by: BY_SWEEP, why }, now);
  return true;
}

function giveBack(
  table: MemoryTable,
  seen: Build,
  next: Build,
  now: number,
  worker: 'stays' | 'leaves',
  by: string = byWorker(seen.holder?.workerId ?? '(unknown)'),
): Applied {
  const before = table.build(seen.id);
  if (!isStillAt('giveBack', before, seen)) return { ok: false, current: before };
  const holder = table.workers.get(seen.holder?.workerId ?? '');
  const isHolding = holder && holds(holder, seen.id, seen.attempt);
  if (worker === 'leaves' && isHolding) table.workers.delete(holder.id);
  else releaseSeen(table, seen, 'given_back', now);
  afterAttempt(table, 'giveBack', before, next, now);
  addAttemptEvent(table, seen, next, { type: 'given_back', by }, now);
  return { ok: true };
}

/** Only the fields that the decision is about: what others have written meanwhile stays. */
function afterAttempt(table: MemoryTable, command: string, before: Build, next: Build, now: number): void {
  const { leaseUntil: _ended, otp: _void, ...rest } = before;
  const { spentAttempts, sends, queuedAt, failure } = next;
  if (failure) {
    const after: Build = { ...rest, state: 'failed', finishedAt: now, spentAttempts, failure };
    table.put({ command, before, after }, undefined);
    return;
  }
  const { holder: _gone, vm: _stopped, startedAt: _over, buildingSince: _past, ...waiting } = rest;
  const after: Build = { ...waiting, state: 'pending', sends, queuedAt, spentAttempts };
  table.put({ command, before, after }, { kind: 'pending', at: now });
}

type AttemptEvent = { type: 'requeued' | 'given_back'; by: string; why?: string };

function addAttemptEvent(table: MemoryTable, seen: Build, next: Build, event: AttemptEvent, now: number): void {
  const { attempt, buildingSince } = seen;
  if (next.failure) {
    const { kind, message: why } = next.failure;
    table.addEvent(seen.id, { type: 'failed', at: now, attempt, by: event.by, kind, why });
  } else {
    const started = buildingSince === undefined ? {} : { startedAt: buildingSince };
    table.addEvent(seen.id, { ...event, at: now, attempt, ...started });
  }
}

function reject(table: MemoryTable, build: Pick<Build, 'id' | 'attempt'>, failure: Failure, now: number): boolean {
  const { id, attempt } = build;
  const before = table.isUnreadable(id) ? undefined : table.build(id);
  const decision = before && decide(before, { type: 'reject', attempt, failure }, now);
  if (!decision?.ok) return false;
  endUnassigned(table, decision.next, before, failure, now);
  return true;
}

/** Of a record that cannot be read only its state is asked; one that is held, whether its lease is over. */
function rejectUnreadable(table: MemoryTable, id: string, now: number): boolean {
  const before = table.records.get(id)?.build;
  const isHeld = before?.state === 'assigned' || before?.state === 'building';
  const isLost = isHeld && (before.leaseUntil ?? now) < now;
  if (!before || isTerminal(before.state) || (isHeld && !isLost)) return false;
  const failure = { kind: 'unreadable', message: assignmentFailed('unreadable') } as const;
  const { leaseUntil: _over, otp: _void, ...rest } = before;
  endUnassigned(table, { ...rest, state: 'failed', finishedAt: now, failure }, before, failure, now);
  return true;
}

function endUnassigned(
  table: MemoryTable,
  after: Build,
  before: Build | undefined,
  failure: Failure,
  now: number,
): void {
  const { kind, message: why } = failure;
  table.put({ command: 'reject', before, after }, undefined);
  table.addEvent(after.id, { type: 'failed', at: now, attempt: after.attempt, by: BY_CONTROLLER, kind, why });
}
