import type { BuildRecord, Entry, EventRecord, Evidence, History, Op, Outcome } from './history.ts';

/** A history made by hand: one clean life of a build, and the ways to tell it otherwise. */

export const SHA = 'a'.repeat(64);
export const OTHER_SHA = 'b'.repeat(64);
const SOURCE_SHA = 'c'.repeat(64);
export const KEY = 'results/b1/2/2-upload';

export const ok = (facts: Record<string, string | number> = {}): Outcome => ({ kind: 'ok', facts });
export const refused = (code: string, status = 409): Outcome => ({ kind: 'refused', status, code });

export function entry(op: Op, invokedAt: number, more: Partial<Entry> = {}): Entry {
  return { op, invokedAt, answeredAt: invokedAt + 5, tookMs: 5, outcome: ok(), ...more };
}

export const grant = (invokedAt: number, worker: string, attempt: number): Entry =>
  entry('poll', invokedAt, { worker, outcome: ok({ build: 'b1', attempt }) });

export const held = (op: Op, invokedAt: number, worker: string, attempt: number, more: Partial<Entry> = {}): Entry =>
  entry(op, invokedAt, { build: 'b1', worker, attempt, ...more });

export const event = (type: string, at: number, attempt: number, by: string): EventRecord => ({
  build: 'b1',
  type,
  at,
  attempt,
  by,
});

export const RECORD: BuildRecord = {
  id: 'b1',
  state: 'completed',
  attempt: 2,
  spentAttempts: 1,
  workerId: 'w2',
  isDue: false,
  sourceKey: 'sources/s1',
  sourceSha256: SOURCE_SHA,
  resultKey: KEY,
  resultSha256: SHA,
};

/** Submitted, granted to w1 and lost, granted to w2 and completed. */
export const ENTRIES: readonly Entry[] = [
  entry('submit', 10, { key: 'k1', sha256: SOURCE_SHA, outcome: ok({ build: 'b1' }) }),
  grant(20, 'w1', 1),
  held('heartbeat', 30, 'w1', 1),
  grant(60, 'w2', 2),
  grant(70, 'w2', 2),
  held('heartbeat', 80, 'w1', 1, { outcome: refused('lease_lost') }),
  held('source', 85, 'w2', 2, { outcome: ok({ sha256: SOURCE_SHA }) }),
  held('ticket', 90, 'w2', 2),
  held('complete', 100, 'w2', 2, { key: SHA }),
  held('complete', 110, 'w2', 2, { key: SHA }),
];
export const EVENTS: readonly EventRecord[] = [
  event('assigned', 22, 1, 'worker w1'),
  event('requeued', 50, 1, 'sweep'),
  event('assigned', 62, 2, 'worker w2'),
  event('completed', 102, 2, 'worker w2'),
];
export const EVIDENCE: Evidence = {
  builds: [RECORD],
  workers: [
    { id: 'w1', completedBuilds: 0, failedBuilds: 0 },
    { id: 'w2', completedBuilds: 1, failedBuilds: 0 },
  ],
  events: EVENTS,
  queued: [],
  deadLetters: [],
  sources: { 'sources/s1': SOURCE_SHA },
  results: [KEY],
  served: { b1: SHA },
  maxAttempts: 3,
  drainedMs: 60_000,
  drainBoundMs: 180_000,
  writesByBadRequests: 0,
  hadFaults: false,
};

export const CLEAN: History = { entries: ENTRIES, evidence: EVIDENCE };

export const also = (...entries: Entry[]): History => ({ ...CLEAN, entries: [...ENTRIES, ...entries] });
export const truly = (evidence: Partial<Evidence>): History => ({ ...CLEAN, evidence: { ...EVIDENCE, ...evidence } });
export const recorded = (record: Partial<BuildRecord>, more: Partial<Evidence> = {}): History =>
  truly({ builds: [{ ...RECORD, ...record }], ...more });
export const told = (...events: EventRecord[]): History => truly({ events });
