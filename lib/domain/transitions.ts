import type { AssignRefusal } from './assignment.ts';
import {
  type Build,
  type BuildState,
  type Holder,
  isTerminal,
  type Platform,
  type ResultFile,
  type StoredCerts,
} from './build.ts';
import type { Failure, ReportedKind } from './failure.ts';
import { hasAll } from './labels.ts';
import type { RejectionCode } from './rejection.ts';

/** A worker that says it holds the build. Old clients know no attempt; their token, or the worker item, stands for it. */
export interface Claim {
  readonly workerId: string;
  /** Absent when the caller proved itself with the API key. */
  readonly tokenHash?: string;
  readonly attempt?: number;
}

/** The virtual machine of an attempt. Its token is given once in an attempt, and so stands for it. */
export interface VmClaim {
  readonly vmTokenHash: string;
}

/** Who only says that the virtual machine is alive, by a token that anybody is given who knows the build's id. */
export interface BeatClaim {
  readonly beatTokenHash: string;
}

/** Who claims to hold the build. */
export type HolderClaim = Claim | VmClaim;
/** Who may say that the attempt is alive. */
export type LifeClaim = HolderClaim | BeatClaim;

export type Command =
  | {
      readonly type: 'assign';
      readonly holder: Holder;
      readonly attempt: number;
      readonly leaseMs: number;
      readonly maxAttempts: number;
      /** What the holder builds for, as whoever told of the build said. */
      readonly platform: Platform;
      /** Those of the holder. */
      readonly labels: readonly string[];
    }
  | { readonly type: 'heartbeat'; readonly claim: LifeClaim; readonly leaseMs: number }
  | { readonly type: 'complete'; readonly claim: Claim; readonly result: ResultFile }
  | { readonly type: 'fail'; readonly claim: Claim; readonly message: string; readonly kind: ReportedKind }
  | { readonly type: 'cancel' }
  | { readonly type: 'requeue'; readonly attempt: number; readonly leaseUntil: number; readonly maxAttempts: number }
  | { readonly type: 'giveBack'; readonly claim: Claim; readonly spends: boolean; readonly maxAttempts: number }
  | { readonly type: 'expire'; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'reject'; readonly attempt: number; readonly failure: Failure };

/** What may follow what. Every condition on a state, here and in the database, is made from this table. */
export const ALLOWED_FROM = {
  assign: ['pending'],
  heartbeat: ['assigned', 'building'],
  complete: ['assigned', 'building'],
  fail: ['assigned', 'building'],
  cancel: ['pending', 'assigned', 'building'],
  requeue: ['assigned', 'building'],
  giveBack: ['assigned', 'building'],
  expire: ['assigned', 'building'],
  reject: ['pending'],
} as const satisfies Record<Command['type'], readonly BuildState[]>;

export const CANCELLED_MESSAGE = 'Build cancelled by user';
const LOST_WORKER_MESSAGE = 'The worker stopped answering and no attempts are left';

export type Decision<Code = RejectionCode> =
  | { readonly ok: true; readonly next: Build }
  | { readonly ok: false; readonly code: Code; readonly why: string };

type AssignCommand = Extract<Command, { type: 'assign' }>;

/** What a grant asks of its build. Times in ms. */
export const assignOf = ({
  holder,
  attempt,
  maxAttempts,
  platform,
  labels,
  leaseUntil,
  now,
}: Omit<AssignCommand, 'type' | 'leaseMs'> & { readonly leaseUntil: number; readonly now: number }): AssignCommand => ({
  type: 'assign',
  holder,
  attempt,
  maxAttempts,
  platform,
  labels,
  leaseMs: leaseUntil - now,
});

/** Pure: the same build, command and `now` (ms) always give the same decision. */
export function decide(build: Build, command: AssignCommand, now: number): Decision<AssignRefusal>;
export function decide(build: Build, command: Exclude<Command, AssignCommand>, now: number): Decision;
export function decide(build: Build, command: Command, now: number): Decision<RejectionCode | AssignRefusal> {
  const isAllowed = (ALLOWED_FROM[command.type] as readonly BuildState[]).includes(build.state);
  switch (command.type) {
    case 'assign': {
      if (!isAllowed || build.attempt !== command.attempt) return refuse('build_moved', `build is ${build.state}`);
      if (build.platform !== command.platform) return refuse('build_moved', `build is for ${build.platform}`);
      if (!hasAll(command.labels, build.labels)) return refuse('labels_missing', `build asks for ${build.labels}`);
      if (!build.source) return refuse('source_missing', 'build has no source');
      if (build.spentAttempts >= command.maxAttempts) {
        return refuse('attempts_exhausted', `${build.spentAttempts} attempts spent`);
      }
      const { holder } = command;
      const attempt = build.attempt + 1;
      const { buildingSince: _before, ...waiting } = build;
      return to({ ...waiting, state: 'assigned', attempt, holder, startedAt: now, leaseUntil: now + command.leaseMs });
    }
    case 'heartbeat':
      return (
        fence(build, command.claim) ??
        to({
          ...build,
          state: 'building',
          buildingSince: build.buildingSince ?? now,
          leaseUntil: now + command.leaseMs,
        })
      );
    case 'complete':
      return fence(build, command.claim) ?? to({ ...finish(build, 'completed', now), result: command.result });
    case 'fail': {
      const { kind, message } = command;
      return fence(build, command.claim) ?? to({ ...finish(build, 'failed', now), failure: { kind, message } });
    }
    case 'cancel': {
      const failure = { kind: 'cancelled', message: CANCELLED_MESSAGE } as const;
      if (!isAllowed) return refuse('already_finished', 'Build already finished');
      return to({ ...finish(build, 'cancelled', now), failure });
    }
    case 'requeue': {
      const isSeen = build.attempt === command.attempt && build.leaseUntil === command.leaseUntil;
      if (!isAllowed || !isSeen || !isLeaseLost(build, now)) return refuse('wrong_state', 'the lease is not lost');
      return to(backToQueue(build, 1, command.maxAttempts, now));
    }
    case 'giveBack':
      return fence(build, command.claim) ?? to(backToQueue(build, command.spends ? 1 : 0, command.maxAttempts, now));
    case 'expire':
    case 'reject': {
      if (!isAllowed || build.attempt !== command.attempt) return refuse('wrong_state', `build is ${build.state}`);
      return to({ ...finish(build, 'failed', now), failure: command.failure });
    }
  }
}

/**
 * To the millisecond, without a grace: a worker that is alive renews its lease a minute before the end, so clocks that differ
 * by seconds take it from nobody, and 85 s of lease with 60 s to the next sweep stay below the 150 s that a lost build may wait.
 */
function isLeaseLost(build: Pick<Build, 'leaseUntil'>, now: number): boolean {
  return build.leaseUntil === undefined || build.leaseUntil <= now;
}

/** Refuses everybody but the holder of the current attempt. A cancelled build says so: its worker must stop. */
function fence(build: Build, claim: LifeClaim): Decision | undefined {
  if (!isHeldBy(build, claim)) return refuse('lease_lost', 'Build not assigned to this worker');
  if (build.state === 'cancelled') return refuse('build_cancelled', CANCELLED_MESSAGE);
  if (isTerminal(build.state)) return refuse('build_finished', 'Build already finished');
  return build.state === 'pending' ? refuse('lease_lost', 'Build not assigned to this worker') : undefined;
}

export function isHeldBy(build: Build, claim: LifeClaim): boolean {
  const { holder, vm } = build;
  if ('vmTokenHash' in claim) return vm?.tokenHash === claim.vmTokenHash;
  if ('beatTokenHash' in claim) return vm?.beatTokenHash === claim.beatTokenHash;
  if (!holder || holder.workerId !== claim.workerId) return false;
  if (claim.tokenHash !== undefined && claim.tokenHash !== holder.tokenHash) return false;
  return claim.attempt === undefined || claim.attempt === build.attempt;
}

function finish(build: Build, state: BuildState, now: number): Build {
  const { leaseUntil: _ended, otp: _void, certs, ...rest } = build;
  return { ...rest, ...(certs && { certs: withoutKey(certs) }), state, finishedAt: now };
}

/** Nobody needs the signing material of a build that has ended. */
function withoutKey({ sealedKey: _gone, ...certs }: StoredCerts): StoredCerts {
  return certs;
}

/** Pending again, or failed when no attempts are left. `startedAt` goes with the attempt: a waiting build has not started. */
function backToQueue(build: Build, spent: number, maxAttempts: number, now: number): Build {
  const spentAttempts = build.spentAttempts + spent;
  if (spentAttempts >= maxAttempts) {
    const failure = { kind: 'lost_worker', message: LOST_WORKER_MESSAGE } as const;
    return { ...finish(build, 'failed', now), spentAttempts, failure };
  }
  const { leaseUntil: _lost, holder: _gone, startedAt: _over, buildingSince: _past, ...others } = build;
  const { otp: _void, vm: _stopped, ...rest } = others;
  return { ...rest, state: 'pending', spentAttempts, sends: 0, queuedAt: now };
}

function to(next: Build) {
  return { ok: true, next } as const;
}

function refuse<Code>(code: Code, why: string) {
  return { ok: false, code, why } as const;
}
