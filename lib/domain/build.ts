import type { Failure } from './failure.ts';

export const PLATFORMS = ['ios', 'android'] as const;
export type Platform = (typeof PLATFORMS)[number];

export const BUILD_STATES = ['pending', 'assigned', 'building', 'completed', 'failed', 'cancelled'] as const;
export type BuildState = (typeof BUILD_STATES)[number];

/** A file in object storage, as checked when it was accepted. `sha256` is lower-case hex. */
export interface StoredFile {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
}

export interface ResultFile extends StoredFile {
  /** The name a download is given. */
  readonly filename: string;
}

/**
 * Signing material as it is stored: encrypted under a key that only the build's record has. The end of the build takes the
 * key away, in the same write; what is left in the store is noise.
 */
export interface StoredCerts {
  readonly key: string;
  /** The same for the same content, under the controller's key: it tells nothing to others. */
  readonly fingerprint: string;
  readonly sealedKey?: string;
}

/** Who was given the latest attempt. Kept after the end, so that a replayed finish is recognised. */
export interface Holder {
  readonly workerId: string;
  readonly workerName: string;
  readonly assignmentId: string;
  /** SHA-256 of the worker token at the grant: heartbeats are checked against it without reading the worker. */
  readonly tokenHash?: string;
}

/** What a virtual machine of the present grant proves itself with, once. Only its hash is stored. */
export interface OneTimePassword {
  readonly hash: string;
  readonly expiresAt: number;
  readonly wrongTries: number;
  /** When it was exchanged. */
  readonly usedAt?: number;
}

/** The virtual machine that exchanged the password of this attempt. Kept after the end for the reason the holder is. */
export interface VirtualMachine {
  readonly tokenHash: string;
  /** Of the token that is good for signs of life and for nothing else. */
  readonly beatTokenHash: string;
  readonly readyAt?: number;
}

export interface Build {
  readonly id: string;
  readonly platform: Platform;
  readonly state: BuildState;
  /** How often the build has been granted: the fencing number. 0 before the first grant. */
  readonly attempt: number;
  readonly submittedAt: number;
  /** Since when it waits: its submit, or the end of its last attempt. */
  readonly queuedAt: number;
  /** Attempts that count against the limit: those whose worker was lost or gave the build up. A drained one does not. */
  readonly spentAttempts: number;
  /** How often a message has been sent for the present attempt number. */
  readonly sends: number;
  /** SHA-256 of the submitter's tokens; a second one appears when a submit is replayed. */
  readonly tokenHashes: readonly string[];
  /** Absent only in a record that lost its source: such a build cannot be assigned. */
  readonly source?: StoredFile;
  readonly certs?: StoredCerts;
  readonly holder?: Holder;
  readonly otp?: OneTimePassword;
  readonly vm?: VirtualMachine;
  /** When the latest attempt was granted. */
  readonly startedAt?: number;
  /** When the latest attempt gave its first sign of work. */
  readonly buildingSince?: number;
  /** Until when the holder may be silent. */
  readonly leaseUntil?: number;
  readonly finishedAt?: number;
  readonly failure?: Failure;
  readonly result?: ResultFile;
  /** The id of the key that submitted it. Absent: the project's own. */
  readonly submittedBy?: string;
  /** The build that this one tries again. */
  readonly originalBuildId?: string;
  /** In the order of the alphabet: a worker that has all of them may build it. Absent: any worker. */
  readonly labels?: readonly string[];
  /** From 1. Absent: 0. */
  readonly priority?: number;
  /** Its place among those that wait, for ever (`line.ts`). Absent where it asked for nothing: its submit. */
  readonly rank?: number;
}

export const TERMINAL_STATES = ['completed', 'failed', 'cancelled'] as const satisfies readonly BuildState[];

export function isTerminal(state: BuildState): state is (typeof TERMINAL_STATES)[number] {
  return (TERMINAL_STATES as readonly BuildState[]).includes(state);
}

/** The submitter's tokens are for the build: when that has been over for long, they open nothing more. */
export function areTokensGood({ finishedAt }: Build, now: number, outliveMs: number): boolean {
  return finishedAt === undefined || now - finishedAt < outliveMs;
}
