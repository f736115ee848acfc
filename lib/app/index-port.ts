import type { Build, BuildState, TERMINAL_STATES } from '../domain/build.ts';
import type { BuildFilter } from '../domain/build-filter.ts';
import type { SignsOfLife } from '../domain/signs-of-life.ts';
import type { Worker } from '../domain/worker.ts';

interface BuildPage {
  readonly builds: readonly Build[];
  readonly next?: string;
}

/** `build` is absent when the record cannot be read. */
export interface DueBuild {
  readonly id: string;
  readonly build?: Build;
  readonly signs?: SignsOfLife;
}

export interface PageOptions {
  readonly limit: number;
  /** That of an earlier page. */
  readonly cursor?: string | undefined;
}

interface WorkerPage {
  readonly workers: readonly Worker[];
  readonly next?: string;
}

/** Reads that may lag behind the truth by moments. */
export interface BuildIndex {
  /** Newest first. A page may be shorter than its limit, and still have a next one. */
  list(page: PageOptions, filter: BuildFilter): Promise<BuildPage>;
  /** Workers, the last registered first. */
  workers(page: PageOptions): Promise<WorkerPage>;
  /** Builds that are due at `until`, page by page, oldest first; each as a consistent read shows it. */
  due(kind: 'pending' | 'leased', until: number): AsyncIterable<readonly DueBuild[]>;
  /** Of states that builds leave again: it takes as long as there are such builds. */
  count(state: LiveState): Promise<number>;
  /** What finished on one UTC day, counted from 1970, from one moment to another, both included. */
  finishedOn(day: number, from: number, to: number): Promise<Finished>;
  onlineWorkers(now: number): Promise<number>;
  /** Builds that wait, those first that were submitted first. `isCut`: there are more. */
  oldestPending(limit: number): Promise<{ readonly builds: readonly Build[]; readonly isCut: boolean }>;
  /** What ended on the UTC day of a moment, the last first. */
  lastFinished(at: number, limit: number): Promise<readonly Build[]>;
}

export type LiveState = Exclude<BuildState, (typeof TERMINAL_STATES)[number]>;

export interface Finished {
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of completed and failed builds. */
  readonly buildTimeMs: number;
  /** Of the same builds: how long one processor would have been busy, by what their machines reported. */
  readonly cpuMs: number;
}

/** What has finished up to a moment, and how much of it was completed on that moment's day. */
export interface Totals extends Finished {
  readonly through: number;
  readonly completedOnDay: number;
}

export interface TotalsStore {
  get(): Promise<Totals | undefined>;
  /** Replaces the totals if they still end at `previous`; false when somebody else was quicker. */
  advance(next: Totals, previous: number | undefined): Promise<boolean>;
}
