/** What clients saw, and what is true in the end: everything the checker looks at, and nothing else. */

export type Op =
  | 'announce'
  | 'submit'
  | 'register'
  | 'poll'
  | 'heartbeat'
  | 'logs'
  | 'source'
  | 'ticket'
  | 'parts'
  | 'complete'
  | 'fail'
  | 'abandon'
  | 'unregister'
  | 'cancel'
  | 'retry'
  | 'pause'
  | 'resume'
  | 'revoke'
  | 'redrive'
  | 'bad';

export type Facts = Readonly<Record<string, string | number | null>>;

/** `unknown`: a 5xx, a lost connection. It may have taken effect or not; whatever is true of it must fit the rest. */
export type Outcome =
  | { readonly kind: 'ok'; readonly facts: Facts }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'unknown'; readonly status?: number; readonly code?: string; readonly retryAfter?: boolean };

/** One request as its client saw it. */
export interface Entry {
  readonly op: Op;
  readonly build?: string;
  readonly attempt?: number;
  readonly worker?: string;
  /** Of a poll: by a process whose worker has registered again since, and was given what it holds after that. */
  readonly isEarlier?: boolean;
  /** Of a pause and its end. */
  readonly platform?: string;
  /** The request's own name, the same each time it is sent: an idempotency key, or a result's digest. */
  readonly key?: string;
  /** Of the source that a submit brought. */
  readonly sha256?: string;
  /** By the controller's clock, which may be ahead of the wall's; no two stamps of a history are equal. */
  readonly invokedAt: number;
  readonly answeredAt: number;
  /** By the wall's clock. */
  readonly tookMs: number;
  readonly outcome: Outcome;
}

export interface BuildRecord {
  readonly id: string;
  readonly state: string;
  readonly platform?: string;
  readonly attempt: number;
  readonly spentAttempts: number;
  readonly workerId?: string | undefined;
  readonly isDue: boolean;
  readonly labels?: readonly string[] | undefined;
  /** In the index of what waits and has asked for something. */
  readonly isInLine?: boolean;
  /** Of a retry. */
  readonly originalBuildId?: string | undefined;
  readonly sourceKey?: string | undefined;
  readonly sourceSha256?: string | undefined;
  readonly resultKey?: string | undefined;
  readonly resultSha256?: string | undefined;
  readonly failureKind?: string | undefined;
}

export interface WorkerRecord {
  readonly id: string;
  readonly currentBuildId?: string | undefined;
  readonly currentAttempt?: number | undefined;
  readonly completedBuilds: number;
  readonly failedBuilds: number;
}

/** A build's stored event. */
export interface EventRecord {
  readonly build: string;
  readonly type: string;
  readonly at: number;
  /** Absent where the worker did not say which: then the build's last. */
  readonly attempt?: number | undefined;
  readonly by: string;
  readonly kind?: string | undefined;
  readonly why?: string | undefined;
}

/** What is true once faults are off and the work has drained. */
export interface Evidence {
  readonly builds: readonly BuildRecord[];
  readonly workers: readonly WorkerRecord[];
  readonly events: readonly EventRecord[];
  /** Builds of which a message waits or is hidden in a queue. */
  readonly queued: readonly string[];
  /** Builds whose message was put aside. */
  readonly deadLetters: readonly string[];
  /** SHA-256 of each object in the sources bucket, by its key. */
  readonly sources: Readonly<Record<string, string>>;
  /** Keys in the results bucket. */
  readonly results: readonly string[];
  /** SHA-256 of what a download of the build served, or the refusal's status. */
  readonly served: Readonly<Record<string, string>>;
  readonly maxAttempts: number;
  /** How long the drain took, by the controller's clock. */
  readonly drainedMs: number;
  readonly drainBoundMs: number;
  /** Writes that reached an engine while only bad requests were made. */
  readonly writesByBadRequests: number;
  /** True: 503 is an answer that clients must expect. */
  readonly hadFaults: boolean;
}

export interface History {
  readonly entries: readonly Entry[];
  readonly evidence: Evidence;
}

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'labels' | 'pauses';

export interface Violation {
  /** `target`: what one fault's row of the plan promises beyond the invariants. */
  readonly invariant: Invariant | 'target';
  readonly what: string;
  /** The fewest entries and records that show it. */
  readonly shown: readonly unknown[];
}

export const TERMINAL = ['completed', 'failed', 'cancelled'];
export const isTerminal = ({ state }: Pick<BuildRecord, 'state'>) => TERMINAL.includes(state);
