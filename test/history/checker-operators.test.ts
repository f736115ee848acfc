import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import type { BuildRecord, Entry, EventRecord, Evidence, History, Invariant, Op, Outcome } from './history.ts';

/** As `checker.test.ts`, of what people do beside submits: a build that is cancelled and retried, and a worker that is revoked. */
const ok = (facts: Record<string, string> = {}): Outcome => ({ kind: 'ok', facts });
const refused = (code: string, status = 400): Outcome => ({ kind: 'refused', status, code });
const UNKNOWN: Outcome = { kind: 'unknown', status: 503, code: 'unavailable', retryAfter: true };

function entry(op: Op, invokedAt: number, more: Partial<Entry> = {}): Entry {
  return { op, invokedAt, answeredAt: invokedAt + 5, tookMs: 5, outcome: ok(), ...more };
}
const retry = (invokedAt: number, id: string, more: Partial<Entry> = {}) =>
  entry('retry', invokedAt, { build: 'b1', key: 'r1', outcome: ok({ build: id }), ...more });
const event = (build: string, type: string, at: number, attempt: number, by: string, why?: string): EventRecord => ({
  build,
  type,
  at,
  attempt,
  by,
  why,
});

const SOURCE = { sourceKey: 'sources/s1', sourceSha256: 'a'.repeat(64) };
const RECORD: BuildRecord = {
  id: 'b1',
  state: 'cancelled',
  attempt: 1,
  spentAttempts: 0,
  isDue: false,
  ...SOURCE,
};
const AGAIN: BuildRecord = { ...RECORD, id: 'b2', attempt: 0, originalBuildId: 'b1' };

/** Granted to w1, which is revoked; cancelled; retried, twice under one name; and the new build cancelled. */
const ENTRIES: readonly Entry[] = [
  entry('submit', 10, { key: 'k1', sha256: SOURCE.sourceSha256, outcome: ok({ build: 'b1' }) }),
  entry('poll', 20, { worker: 'w1', outcome: { kind: 'ok', facts: { build: 'b1', attempt: 1 } } }),
  retry(26, 'b1', { outcome: refused('not_finished') }),
  entry('revoke', 30, { worker: 'w1' }),
  entry('heartbeat', 40, { build: 'b1', worker: 'w1', attempt: 1, outcome: refused('worker_token_invalid', 401) }),
  entry('cancel', 50, { build: 'b1' }),
  retry(60, 'b2', { outcome: UNKNOWN }),
  retry(66, 'b2'),
  entry('cancel', 80, { build: 'b2' }),
  retry(90, 'b2'),
];
const EVENTS: readonly EventRecord[] = [
  event('b1', 'assigned', 22, 1, 'worker w1'),
  event('b1', 'given_back', 33, 1, 'controller'),
  event('b1', 'cancelled', 52, 1, 'submitter'),
  event('b1', 'retried', 62, 1, 'submitter', 'as b2'),
  event('b2', 'cancelled', 82, 0, 'submitter'),
];
const EVIDENCE: Evidence = {
  builds: [RECORD, AGAIN],
  workers: [],
  events: EVENTS,
  queued: [],
  deadLetters: [],
  sources: { [SOURCE.sourceKey]: SOURCE.sourceSha256 },
  results: [],
  served: {},
  maxAttempts: 3,
  drainedMs: 0,
  drainBoundMs: 180_000,
  writesByBadRequests: 0,
  hadFaults: true,
};

const also = (...entries: Entry[]): History => ({ entries: [...ENTRIES, ...entries], evidence: EVIDENCE });
const truly = (evidence: Partial<Evidence>): History => ({ entries: ENTRIES, evidence: { ...EVIDENCE, ...evidence } });
const retried = (record: Partial<BuildRecord>) => truly({ builds: [RECORD, { ...AGAIN, ...record }] });
const without = (type: string, ...more: EventRecord[]) =>
  truly({ events: [...EVENTS.filter((each) => each.type !== type), ...more] });

const BROKEN: Record<string, readonly [Invariant, what: string, History]> = {
  'an acknowledged retry that is not there': [
    'I2',
    '? was acknowledged and is not there',
    also(retry(100, 'b7', { key: 'r2' })),
  ],
  'a retry of another source': ['I2', 'b2 is not what b1 was', retried({ sourceKey: 'sources/s2' })],
  'a retry of other bytes': ['I2', 'b2 is not what b1 was', retried({ sourceSha256: 'b'.repeat(64) })],
  'a retry that is said to be one of another build': [
    'I2',
    'b2 is not what b1 was',
    retried({ originalBuildId: 'b9' }),
  ],
  'a retry that nobody waits for, and nothing will ever send': [
    'I2',
    'b2 waits, and nothing will ever send it',
    retried({ state: 'pending' }),
  ],
  'a heartbeat of a worker that was revoked': [
    'I3',
    'heartbeat of worker w1 was accepted after it was revoked',
    also(entry('heartbeat', 45, { build: 'b1', worker: 'w1', attempt: 1 })),
  ],
  'a poll of one': [
    'I3',
    'poll of worker w1 was accepted after it was revoked',
    also(entry('poll', 45, { worker: 'w1' })),
  ],
  'a registration that makes it a worker again': [
    'I3',
    'register of worker w1 was accepted after it was revoked',
    also(entry('register', 45, { worker: 'w1', outcome: ok({ worker: 'w1' }) })),
  ],
  'a poll of one that was said not to be there any more': [
    'I3',
    'poll of worker w5 was accepted after it was revoked',
    also(
      entry('revoke', 100, { worker: 'w5', outcome: refused('worker_not_found', 404) }),
      entry('poll', 110, { worker: 'w5' }),
    ),
  ],
  'a build that stays with a revoked worker until its lease ends': [
    'I4',
    'b1 stayed with worker w1, which was revoked',
    without('given_back', event('b1', 'requeued', 48, 1, 'sweep')),
  ],
  'a retry that made two builds': ['I5', 'one retry sent twice made two builds', also(retry(100, 'b3'))],
  'a retry that was refused when sent again': [
    'I5',
    'b1: retry was done, and refused when sent again',
    also(retry(100, 'b2', { outcome: refused('repeated_differently', 409) })),
  ],
  'one build for two retries': ['I5', 'b2 was the answer to two requests', also(retry(100, 'b2', { key: 'r2' }))],
  'one build for retries of two builds': [
    'I5',
    'b2 was the answer to two requests',
    also(retry(100, 'b2', { build: 'b9' })),
  ],
  'one build for a submit and a retry under one name': [
    'I5',
    'b2 was the answer to two requests',
    also(entry('submit', 100, { key: 'r1', outcome: ok({ build: 'b2' }) })),
  ],
  'a retry that was told twice': [
    'I5',
    'b1: retried of attempt 1 as b2 happened 2 times',
    truly({ events: [...EVENTS, event('b1', 'retried', 92, 1, 'submitter', 'as b2')] }),
  ],
  'a retry of a build that was not over': ['I10', 'b1 was retried before its end', also(retry(44, 'b2'))],
  'a retry of a build that is not over': [
    'I10',
    'b2 was retried before its end',
    {
      entries: [...ENTRIES.slice(0, -2), retry(100, 'b3', { build: 'b2' })],
      evidence: {
        ...EVIDENCE,
        builds: [RECORD, { ...AGAIN, state: 'pending', isDue: true }],
        events: EVENTS.slice(0, -1),
      },
    },
  ],
  'a retry that was told that the build is not over, when it was': [
    'I10',
    'b1 had ended, and its retry was told otherwise',
    also(retry(100, 'b1', { key: 'r2', outcome: refused('not_finished') })),
  ],
};

describe('the checker, of retries and revokes', () => {
  it('has nothing to say of a clean history', () => {
    expect(check({ entries: ENTRIES, evidence: EVIDENCE })).toEqual([]);
  });

  it('allows what only looks wrong', () => {
    const sourceIsGone = retry(100, 'b2', { outcome: refused('source_gone') });
    const renamed = entry('register', 45, { worker: 'w1', outcome: ok({ worker: 'w2' }) });
    const meeting = entry('poll', 28, { worker: 'w1', answeredAt: 36, outcome: ok() });
    expect(check(also(sourceIsGone, renamed)).map(({ what }) => what)).toEqual([]);
    expect(check(also(meeting)).filter(({ invariant }) => invariant === 'I3')).toEqual([]);
    // Given back and cancelled while it waited: both are ends of the one attempt.
    expect(check(truly({ events: EVENTS.toReversed() }))).toEqual([]);
    const twoRetries = [...EVENTS, event('b1', 'retried', 92, 1, 'submitter', 'as b3')];
    expect(check(truly({ events: twoRetries }))).toEqual([]);
  });

  for (const [what, [invariant, named, history]] of Object.entries(BROKEN)) {
    it(`reports ${what} as ${invariant}, in these words: ${named}`, () => {
      const found = check(history).filter((each) => each.invariant === invariant);
      expect(found.map((each) => each.what)).toContain(named);
      for (const { shown } of found) expect(shown.length).toBeLessThanOrEqual(4);
    });
  }
});
