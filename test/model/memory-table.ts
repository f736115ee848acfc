import type { Clock } from '../../lib/app/ports.ts';
import type { Build } from '../../lib/domain/build.ts';
import type { BuildEvent } from '../../lib/domain/build-event.ts';
import type { LogLine } from '../../lib/domain/log-line.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import { minuteOf, type Sample } from '../../lib/domain/telemetry.ts';
import type { LifeClaim } from '../../lib/domain/transitions.ts';
import type { Outcome, Worker } from '../../lib/domain/worker.ts';

export type DueKind = 'pending' | 'leased';

export interface Due {
  readonly kind: DueKind;
  readonly at: number;
}

interface BuildRecord {
  readonly build: Build;
  readonly due?: Due | undefined;
  readonly isUnreadable?: boolean;
}

/** One conditional write that took effect. */
export interface Commit {
  readonly command: string;
  readonly before: Build | undefined;
  readonly after: Build;
  /** Who said to hold the build, where the command says so. */
  readonly claim?: LifeClaim;
}

type StoredEvent = BuildEvent & { readonly startedAt?: number };

export type MemoryTable = ReturnType<typeof memoryTable>;

interface Log {
  placed: number;
  batches: { place: number; lines: readonly LogLine[] }[];
  marked?: { mark: number; place: number };
}

/** The table in memory: what is written is seen at once, except through the index, which remembers how it looked before. */
export function memoryTable(clock: Clock, onCommit: (commit: Commit) => void = () => {}) {
  const records = new Map<string, BuildRecord>();
  const workers = new Map<string, Worker>();
  const events = new Map<string, Map<string, StoredEvent>>();
  const logs = new Map<string, Log>();
  const progressOf = new Map<string, number>();
  const minuteSampled = new Map<string, number>();
  const indexLog = new Map<
    string,
    { readonly since: number; readonly due: Due | undefined; readonly build: Build }[]
  >();

  function put(commit: Commit, due: Due | undefined): void {
    const { id } = commit.after;
    const known = indexLog.get(id) ?? [];
    indexLog.set(id, [...known, { since: clock(), due, build: commit.after }]);
    records.set(id, { build: commit.after, due });
    onCommit(commit);
  }

  return {
    records,
    workers,
    logs,
    put,
    /** A change that the index does not see. */
    replace: (commit: Commit) => put(commit, records.get(commit.after.id)?.due),
    build: (id: string): Build | undefined => {
      const record = records.get(id);
      if (record?.isUnreadable) throw new Rejection('unreadable_record', `the record of build ${id} cannot be read`);
      return record?.build;
    },
    isUnreadable: (id: string) => records.get(id)?.isUnreadable === true,
    spoil: (id: string) => {
      const record = records.get(id);
      if (record) records.set(id, { ...record, isUnreadable: true });
    },
    /** What the index says of a kind when it lags `lagMs` behind. */
    dueAsOf: (kind: DueKind, until: number, lagMs: number): string[] => {
      const asOf = clock() - lagMs;
      const found = [...indexLog].flatMap(([id, changes]) => {
        const due = changes.findLast(({ since }) => since <= asOf)?.due;
        return due?.kind === kind && due.at <= until ? [{ id, at: due.at }] : [];
      });
      return found.sort((a, b) => a.at - b.at).map(({ id }) => id);
    },
    /** Every build as an index knows it that lags `lagMs` behind. */
    buildsAsOf: (lagMs: number): Build[] => {
      const asOf = clock() - lagMs;
      return [...indexLog.values()].flatMap((changes) => changes.findLast(({ since }) => since <= asOf)?.build ?? []);
    },
    addEvent: (buildId: string, event: StoredEvent) => {
      const own = events.get(buildId) ?? new Map<string, StoredEvent>();
      const name = event.type === 'retried' ? `${event.type}#${event.why}` : event.type;
      events.set(buildId, own.set(`${event.attempt}#${name}`, event));
    },
    /** The figure is kept beside the build, for its present attempt. */
    isProgressNew: ({ id, attempt }: Build, progress: number): boolean => {
      const place = `${id}#${attempt}`;
      const isNew = progressOf.get(place) !== progress;
      progressOf.set(place, progress);
      return isNew;
    },
    isFirstOfMinute: (buildId: string, sample: Sample): boolean => {
      const minute = minuteOf(sample);
      const isFirst = minuteSampled.get(buildId) !== minute;
      minuteSampled.set(buildId, minute);
      return isFirst;
    },
    eventsOf: (buildId: string): StoredEvent[] => [...(events.get(buildId)?.values() ?? [])],
    logOf: (buildId: string) => {
      const log: Log = logs.get(buildId) ?? { placed: 0, batches: [] };
      logs.set(buildId, log);
      return log;
    },
  };
}

interface Release {
  readonly workerId: string;
  readonly buildId: string;
  readonly attempt?: number | undefined;
  readonly outcome: Outcome;
}

/** Frees the worker of exactly this build (and attempt, where known); one that holds anything else keeps it. */
export function release(table: MemoryTable, { workerId, buildId, attempt, outcome }: Release, now: number): void {
  const worker = table.workers.get(workerId);
  if (!worker || !holds(worker, buildId, attempt)) return;
  const { current: _freed, ...rest } = worker;
  const completedBuilds = rest.completedBuilds + (outcome === 'completed' ? 1 : 0);
  const failedBuilds = rest.failedBuilds + (outcome === 'failed' ? 1 : 0);
  table.workers.set(workerId, { ...rest, completedBuilds, failedBuilds, releasedAt: now, lastOutcome: outcome });
}

export function holds({ current }: Worker, buildId: string, attempt: number | undefined): boolean {
  return current?.buildId === buildId && (attempt === undefined || current.attempt === attempt);
}
