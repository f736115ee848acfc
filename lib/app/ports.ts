import type { ApiKey } from '../domain/api-key.ts';
import type { AssignRefusal } from '../domain/assignment.ts';
import type { Build, Holder, Platform, ResultFile, VirtualMachine } from '../domain/build.ts';
import type { BuildEvent } from '../domain/build-event.ts';
import type { DiagnosticReport } from '../domain/diagnostic-report.ts';
import type { Failure, ReportedKind } from '../domain/failure.ts';
import type { LogLine } from '../domain/log-line.ts';
import type { Sample } from '../domain/telemetry.ts';
import type { Claim, HolderClaim, LifeClaim } from '../domain/transitions.ts';
import type { IssuedToken, TimedBuilds, Worker } from '../domain/worker.ts';

export type {
  BuildIndex,
  DueBuild,
  Finished,
  LiveState,
  PageOptions,
  Totals,
  TotalsStore,
} from './index-port.ts';
export type { AppEvent, Report } from './event-port.ts';
export type { PauseLookout, PauseStore } from './pause-port.ts';
export type { BuildQueue, DeadLetter, DeadLetters, Hint, Message } from './queue-port.ts';
export type { WaitingBuild, WaitingBuilds } from './waiting-port.ts';

/** Now, in ms since 1970. */
export type Clock = () => number;
/** A number in [0, 1). */
export type Chance = () => number;

/** Identity and secrets. `id` has 126 random bits, `token` 256; both are URL-safe and never start with `-`. */
export interface Secrets {
  id(): string;
  token(): string;
  /** SHA-256, hex: the only form in which a token is stored. */
  hash(secret: string): string;
  /** The same id for the same seed: a repeated request names the same thing. */
  idFrom(seed: string): string;
  /** Whether the hash is that of the secret; takes equally long wherever they differ. */
  matches(secret: string, hash: string): boolean;
}

/** A token that only this controller can make, and makes again from the same seed. */
export type Derive = (seed: string) => string;

/** A conditional write either took effect, or shows what it met instead (`undefined`: nothing there). */
export type Applied = { readonly ok: true } | { readonly ok: false; readonly current: Build | undefined };

/** Everything an assignment writes. Frozen once per `assignmentId`: a resend must carry the same parameters. */
export interface Grant {
  readonly buildId: string;
  /** The attempt the message speaks of; the grant makes the next one. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly holder: Holder;
  readonly workerEpoch: number;
  /** One that the worker builds for: the build may be for no other, whatever told of it. */
  readonly platform: Platform;
  /** The worker's: the build may ask for no other. */
  readonly labels: readonly string[];
  /** Bad ends in a row that the worker comes with. */
  readonly strikes: number;
  /** What the worker has completed, and how long that took. */
  readonly timed: TimedBuilds;
  readonly otpHash: string;
  readonly otpExpiresAt: number;
  readonly now: number;
  readonly leaseUntil: number;
  /** When the sweep first looks: the short lease, as a heartbeat may shorten the first one. */
  readonly dueAt: number;
}

export type GrantOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: AssignRefusal; readonly current?: Build };

export type Ending =
  | { readonly state: 'completed'; readonly result: ResultFile }
  | { readonly state: 'failed'; readonly message: string; readonly kind: ReportedKind };

export interface Beat {
  readonly now: number;
  readonly leaseUntil: number;
  /** The hash of a newer token that the worker's record has vouched for: from now on this one proves the holder. */
  readonly rebindTo?: string | undefined;
  readonly progress?: number | undefined;
  readonly sample?: Sample | undefined;
}

/** A heartbeat that took effect says what it brought that was not known before. */
export type Beaten = Applied & { readonly isProgressNew?: boolean; readonly isSampleDue?: boolean };

export interface BuildStore {
  /** A consistent read. */
  get(id: string): Promise<Build | undefined>;
  /** False when the id exists already. A resend of the same creation counts as created. */
  create(build: Build): Promise<boolean>;
  /** Lets one more build token in, for a submit that was repeated; the oldest beyond the first leaves. */
  addToken(build: Build, tokenHash: string): Promise<void>;
  /** Notes that a message was sent. Changes nothing when the build has moved on. */
  markSent(build: Pick<Build, 'id' | 'attempt'>, sends: number, dueAt: number): Promise<void>;
  assign(grant: Grant): Promise<GrantOutcome>;
  /** A new one-time password for an assignment that is handed out again. False when it is no longer so. */
  reissueOtp(build: Build, otp: { hash: string; expiresAt: number }): Promise<boolean>;
  /** One of the wrong tries that the password allows is spent. Changes nothing once they are, or the password is another. */
  countWrongOtp(seen: Build): Promise<void>;
  /** Exchanges the password as it was read for a virtual machine's tokens: once, and not after too many wrong tries. */
  admitVm(seen: Build, vm: VirtualMachine, now: number): Promise<Applied>;
  /** The virtual machine is ready, and the build is being built. Shows the build; the first time stands. */
  vmReady(buildId: string, claim: HolderClaim, now: number): Promise<Applied & { readonly build?: Build }>;
  /** The holder is alive, the build is being built. */
  heartbeat(buildId: string, claim: LifeClaim, beat: Beat): Promise<Beaten>;
  /** Counts a sample of a held build, without a sign of life. True: it is the first of its minute. */
  measure(buildId: string, workerId: string, sample: Sample): Promise<boolean>;
  /** Makes the lease longer if it is shorter; never shortens it. */
  extendLease(build: Build, leaseUntil: number): Promise<void>;
  /** Ends the build and frees its worker, in one step. */
  finish(buildId: string, claim: Claim, ending: Ending, now: number): Promise<Applied>;
  /** Cancels the build as it was read, and frees its worker, in one step. `by`: for its history, if not its submitter. */
  cancel(seen: Build, now: number, by?: string): Promise<Applied>;
  /** Takes a lost lease back: to pending, or to failed when no attempts are left. False: it was not lost any more. */
  requeue(seen: Build, next: Build, now: number): Promise<boolean>;
  /**
   * The build is given up: to pending, or to failed. `worker` says what becomes of the worker in the same step. `by`: for its
   * history, if not the worker.
   */
  giveBack(seen: Build, next: Build, now: number, worker: 'stays' | 'leaves', by?: string): Promise<Applied>;
  /** Fails a build that waits and cannot be assigned. False: it moved on. */
  reject(build: Pick<Build, 'id' | 'attempt'>, failure: Failure, now: number): Promise<boolean>;
  /** Fails a build whose record cannot be read: waiting, or held past its lease. False: it is none of these. */
  rejectUnreadable(id: string, now: number): Promise<boolean>;
  /** Fails a held build for a reason that is not its worker's report, and frees the worker. */
  expire(seen: Build, failure: Failure, now: number): Promise<Applied>;
  /** Notes that somebody has been given the build's signing material. */
  noteCertsRead(build: Build, by: string, now: number): Promise<void>;
  /** What happened to the build, oldest first. */
  events(build: Build): Promise<BuildEvent[]>;
}

interface Appending {
  /** A last look at each message, by what the build then is. */
  readonly maskFor?: (build: Build) => (message: string) => string;
  /** Rises with each batch of a build (`logMark`). */
  readonly mark?: number | undefined;
}

export interface LogStore {
  /**
   * Takes the next place in the order under the holder's condition, then stores the lines. Those that were taken before, as
   * their `mark` tells, are not taken again.
   */
  append(
    buildId: string,
    claim: HolderClaim,
    lines: readonly LogLine[],
    now: number,
    more?: Appending,
  ): Promise<Applied & { readonly build?: Build }>;
  /** A line of the controller's own, whoever holds the build. */
  note(buildId: string, line: LogLine): Promise<void>;
  /**
   * Tells in the build's log and among its events that it was tried again as another one: both or neither, and once for
   * each retry. False: it was told before.
   */
  noteRetry(build: Pick<Build, 'id' | 'attempt'>, retryId: string, line: LogLine): Promise<boolean>;
  /**
   * Lines after the cursor (0: all), in an order that never changes; `next` is the cursor behind the last one.
   * `hasTail`: with the newest part of a log that has passed its limit. It moves until the build has ended.
   */
  read(
    buildId: string,
    after: number,
    options: { readonly now: number; readonly hasTail: boolean },
  ): Promise<{ lines: LogLine[]; next: number; hasMore: boolean }>;
}

export interface WorkerStore {
  get(id: string): Promise<Worker | undefined>;
  create(worker: Worker): Promise<void>;
  /** Registers again: raises the epoch and exchanges the token. False: another registration came first. */
  renew(
    seen: Worker,
    change: {
      name: string;
      platforms: readonly Platform[];
      labels?: readonly string[];
      token: IssuedToken;
      now: number;
    },
  ): Promise<boolean>;
  /** Notes a poll and lengthens the presented token's life. */
  noteSeen(worker: Worker, now: number): Promise<void>;
  /** Takes no more builds, or takes them again. False: no such worker. */
  setDraining(id: string, isDraining: boolean): Promise<boolean>;
  /** Forgets the bad ends that were seen. False: it has registered again, or had another build, meanwhile. */
  pardon(seen: Worker): Promise<boolean>;
  /** The worker leaves, unless it holds a build by now. */
  remove(worker: Worker): Promise<void>;
  /** Frees a worker of a build that is no longer its own. Changes nothing if it holds another by now. */
  forget(worker: Worker): Promise<void>;
}

export interface KeyStore {
  /** A consistent read. */
  get(id: string): Promise<ApiKey | undefined>;
  create(key: ApiKey): Promise<void>;
  /** All of them, the newest first. */
  list(): Promise<ApiKey[]>;
  /** The key as it is then: the first revocation stands. Undefined: no such key. */
  revoke(id: string, by: string, now: number): Promise<ApiKey | undefined>;
}

export interface DiagnosticsStore {
  add(report: DiagnosticReport, keptDays: number): Promise<void>;
  /** Newest first. */
  latest(workerId: string, limit: number): Promise<DiagnosticReport[]>;
}
