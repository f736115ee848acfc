import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  SHA,
  OTHER_SHA,
  KEY,
  ok,
  refused,
  entry,
  grant,
  held,
  event,
  RECORD,
  ENTRIES,
  EVENTS,
  EVIDENCE,
  CLEAN,
  also,
  truly,
  recorded,
  told,
} from './clean-history.ts';
import type { BuildRecord, Entry, Evidence, History, Invariant, Op } from './history.ts';

/**
 * For each rule the ways to break it: the checker must name the rule, and must have nothing to say of the clean history.
 */
const registered = (worker: string, labels: string) => entry('register', 5, { outcome: ok({ worker, labels }) });
/** Of a build that asks for labels. */
const asking = (entries: readonly Entry[], more: Partial<Evidence> = {}): History => ({
  entries: [...entries, ...ENTRIES],
  evidence: { ...EVIDENCE, builds: [{ ...RECORD, labels: ['m3', 'signing'] }], ...more },
});
const ABLE = [registered('w1', 'm3,signing'), registered('w2', 'm3,signing,x')];

/** Long before the build, which is granted so many ms after the answer; and resumed after it. */
const paused = (before: number, platform: string, ...more: Entry[]): History => ({
  entries: [
    entry('pause', 10 - before, { platform: 'ios' }),
    entry('resume', 90, { platform: 'ios' }),
    ...more,
    ...ENTRIES,
  ],
  evidence: { ...EVIDENCE, builds: [{ ...RECORD, platform }] },
});

const WAITING: Partial<BuildRecord> = { state: 'pending', workerId: undefined, resultKey: undefined };

const BROKEN: Record<Invariant, Record<string, History>> = {
  I1: {
    'one attempt answered to two workers': also(grant(65, 'w3', 2)),
    'a grant that the table gives to another': told(...EVENTS.slice(0, 2), event('assigned', 62, 2, 'worker w3')),
    'a grant while the one before it was live': told(...EVENTS.filter(({ type }) => type !== 'requeued')),
    'a grant before the one before it ended': told(
      ...EVENTS.map((each) => (each.type === 'requeued' ? { ...each, at: 63 } : each)),
    ),
    'an attempt that was left out': told(...EVENTS.slice(2)),
  },
  I2: {
    'an acknowledged build that is not there': truly({ builds: [], served: {}, results: [] }),
    'a build that waits with no message, and is not due': recorded(WAITING),
    'a build without a source': truly({ sources: {} }),
    'a build that asks for labels and is in no index, though it is due': recorded({
      ...WAITING,
      labels: ['signing'],
      isDue: true,
    }),
  },
  I3: {
    'a heartbeat after the lease was taken back': also(held('heartbeat', 55, 'w1', 1)),
    'a log after the next grant': also(held('logs', 85, 'w1', 1)),
    'an upload ticket for a worker that never had the attempt': also(held('ticket', 95, 'w3', 2)),
    'a heartbeat after the end': also(held('heartbeat', 130, 'w2', 2)),
    'a cancel answered as done, of a build that is completed': also(entry('cancel', 103, { build: 'b1' })),
    'a completion by the lost worker': also(held('complete', 85, 'w1', 1, { key: OTHER_SHA })),
    'two ends of one build': told(...EVENTS, event('cancelled', 120, 2, 'submitter')),
    'a state that its events do not tell': recorded({ state: 'cancelled' }),
  },
  labels: {
    'a grant to a worker that lacks one of them': asking([registered('w1', 'm3,signing'), registered('w2', 'm3')]),
    'a grant to a worker that registered without any': asking([registered('w1', ''), ...ABLE.slice(1)]),
    'a message of a build that asks for them': asking(ABLE, { queued: ['b1'] }),
    'a dead letter of one': asking(ABLE, { deadLetters: ['b1'] }),
  },
  pauses: {
    'a grant by a poll that began while all knew of the pause': paused(1_000, 'ios'),
  },
  I4: {
    'a worker that holds what has ended': truly({
      workers: [{ id: 'w2', currentBuildId: 'b1', currentAttempt: 2, completedBuilds: 1, failedBuilds: 0 }],
    }),
    'a build whose worker holds nothing': recorded({ state: 'building' }),
    'a worker with two builds': truly({
      builds: [
        { ...RECORD, state: 'building' },
        { ...RECORD, id: 'b2', state: 'assigned' },
      ],
    }),
  },
  I5: {
    'an event that happened twice': told(...EVENTS, event('requeued', 51, 1, 'sweep')),
    'a worker that was counted twice': truly({ workers: [{ id: 'w2', completedBuilds: 2, failedBuilds: 0 }] }),
    'a completion that was refused when repeated': also(
      held('complete', 120, 'w2', 2, { key: SHA, outcome: refused('build_finished', 410) }),
    ),
    'a submit that made two builds': also(entry('submit', 15, { key: 'k1', outcome: ok({ build: 'b9' }) })),
    'an assignment that was not handed out again': also(entry('poll', 75, { worker: 'w2' })),
  },
  I6: {
    'a result of a losing attempt': recorded({ resultKey: 'results/b1/1/1-upload' }),
    'a result that is not stored': truly({ results: [] }),
    'other bytes served': truly({ served: { b1: OTHER_SHA } }),
    'bytes that the winner never sent': recorded({ resultSha256: OTHER_SHA }, { served: { b1: OTHER_SHA } }),
    'an upload for an attempt that nobody was granted': truly({ results: [KEY, 'results/b1/7/7-upload'] }),
  },
  I7: {
    'a dead letter whose build goes on waiting': recorded({ ...WAITING, isDue: true }, { deadLetters: ['b1'] }),
  },
  I8: {
    'more attempts spent than there are': recorded({ spentAttempts: 4 }),
    'a build that was requeued too often': told(...EVENTS, ...[3, 4].map((n) => event('requeued', 70, n, 'sweep'))),
  },
  I9: {
    'a build that has not ended': recorded({ ...WAITING, isDue: true }),
    'a drain beyond the bound': truly({ drainedMs: 210_000 }),
  },
  I10: {
    'a bad request that was accepted': also(entry('bad', 120)),
    'a submit that was refused for no reason': also(entry('submit', 120, { outcome: refused('upload_missing', 400) })),
    'a bad request that made a write': truly({ writesByBadRequests: 1 }),
    'a 500': also(entry('poll', 120, { outcome: { kind: 'unknown', status: 500, code: 'internal_error' } })),
    'a 503 that does not say when to come again': also(
      entry('poll', 120, { outcome: { kind: 'unknown', status: 503, code: 'contended', retryAfter: false } }),
    ),
    'a 503 without a fault': also(
      entry('poll', 120, { outcome: { kind: 'unknown', status: 503, code: 'unavailable', retryAfter: true } }),
    ),
    'an answer that took too long': also(entry('poll', 120, { tookMs: 11_000 })),
  },
};

/** Another end of the clean build, as the table has it, and the last word of its worker. */
const ended = (record: Partial<BuildRecord>, type: string, ...said: Entry[]): History => ({
  entries: [...ENTRIES.filter(({ op }) => op !== 'complete'), ...said],
  evidence: {
    ...EVIDENCE,
    builds: [{ ...RECORD, ...record }],
    events: [...EVENTS.slice(0, 3), event(type, 102, 2, 'worker w2')],
  },
});
const isDone = (op: Op) => `b1: ${op} was answered as done, and is not so`;
/** What is said of the rules of grants and ends: the rest of these histories is not told to the end. */
const broken = (history: History) => check(history).filter(({ invariant }) => invariant === 'I1' || invariant === 'I3');
const FAILED: Partial<BuildRecord> = { state: 'failed', failureKind: 'build', resultKey: undefined };

/** One for each branch of the rules that several break at once: the violation itself is named, so that no other can stand for it. */
const NAMED: Record<string, readonly [what: string, history: History]> = {
  'a grant that the table gives to another': [
    'b1 attempt 2 was given to a worker that the table denies',
    told(...EVENTS.slice(0, 2), event('assigned', 62, 2, 'worker w3'), ...EVENTS.slice(3)),
  ],
  'an accepted log of who never had the attempt': [
    'logs of b1 attempt 2 was accepted from a worker without it',
    also(held('logs', 95, 'w1', 2)),
  ],
  'an accepted log after the next grant, though no event tells of the end before it': [
    'logs of b1 attempt 1 was accepted after its end',
    {
      ...also(held('logs', 85, 'w1', 1)),
      evidence: { ...EVIDENCE, events: EVENTS.filter(({ type }) => type !== 'requeued') },
    },
  ],
  'a cancel answered as done, of a build that is completed': [
    isDone('cancel'),
    also(entry('cancel', 103, { build: 'b1' })),
  ],
  'a completion answered as done, of a build that was cancelled': [
    isDone('complete'),
    ended({ state: 'cancelled' }, 'cancelled', held('complete', 100, 'w2', 2, { key: SHA })),
  ],
  'a completion answered as done, of a build that another attempt completed': [
    isDone('complete'),
    recorded({ attempt: 3 }),
  ],
  'a completion answered as done, of a build that another worker completed': [
    isDone('complete'),
    recorded({ workerId: 'w3' }),
  ],
  'a completion answered as done, of other bytes': [isDone('complete'), recorded({ resultSha256: OTHER_SHA })],
  'a failure answered as done, of a build that is completed': [
    isDone('fail'),
    { ...also(held('fail', 101, 'w2', 2)), evidence: { ...EVIDENCE, builds: [{ ...RECORD, failureKind: 'build' }] } },
  ],
  'a failure answered as done, of a build that failed for another reason': [
    isDone('fail'),
    ended({ ...FAILED, failureKind: 'lost_worker' }, 'failed', held('fail', 101, 'w2', 2)),
  ],
  'a failure answered as done, of a build that another attempt failed': [
    isDone('fail'),
    ended({ ...FAILED, attempt: 3 }, 'failed', held('fail', 101, 'w2', 2)),
  ],
  'a build given back, as was answered, that was never given up': [
    isDone('abandon'),
    also(held('abandon', 101, 'w2', 2)),
  ],
  'a build given back, as was answered, that was given up at another attempt only': [
    isDone('abandon'),
    {
      ...also(held('abandon', 101, 'w2', 2)),
      evidence: { ...EVIDENCE, events: [...EVENTS, event('given_back', 49, 1, 'worker w1')] },
    },
  ],
};

describe('the checker', () => {
  it('has nothing to say of a clean history', () => {
    expect(check(CLEAN)).toEqual([]);
  });

  it('allows what only looks wrong', () => {
    const lateRefusal = held('complete', 120, 'w1', 1, { outcome: refused('lease_lost') });
    const lost = entry('poll', 120, { worker: 'w9', outcome: { kind: 'unknown', status: 503, retryAfter: true } });
    const overlapping = held('heartbeat', 98, 'w2', 2, { answeredAt: 108 });
    const history = also(lateRefusal, lost, overlapping);
    expect(check({ ...history, evidence: { ...EVIDENCE, hadFaults: true } })).toEqual([]);
    expect(check(asking(ABLE))).toEqual([]);
    expect(check(also(entry('poll', 75, { worker: 'w2', isEarlier: true })))).toEqual([]);
    // Not known everywhere yet; another platform; asked to end before the grants.
    expect(check(paused(900, 'ios'))).toEqual([]);
    expect(check(paused(1_000, 'android'))).toEqual([]);
    expect(check(paused(1_000, 'ios', entry('resume', 15, { platform: 'ios' })))).toEqual([]);
    const inLine = check(recorded({ ...WAITING, labels: ['signing'], isInLine: true }));
    expect(inLine.some(({ invariant }) => invariant === 'I2')).toBe(false);
    expect(
      check(recorded({ state: 'pending', attempt: 0, isDue: true })).some(({ invariant }) => invariant === 'I2'),
    ).toBe(false);
  });

  // One end each, so that no other request stands for it.
  const LAST_WORDS: readonly Entry[] = [
    held('complete', 101, 'w2', 2, { key: SHA }),
    held('fail', 101, 'w2', 2),
    held('abandon', 101, 'w2', 2),
    held('unregister', 101, 'w2', 2),
    entry('cancel', 101, { build: 'b1' }),
  ];
  for (const end of LAST_WORDS) {
    it(`reports a heartbeat that was accepted after its ${end.op} was`, () => {
      const entries = ENTRIES.filter(({ op }) => op !== 'complete');
      const history = { ...CLEAN, entries: [...entries, end, held('heartbeat', 130, 'w2', 2)] };
      const [found] = check(history).filter(({ what }) => what.startsWith('heartbeat'));
      expect(found?.what).toBe('heartbeat of b1 attempt 2 was accepted after its end');
      expect(found?.shown).toContainEqual(end);
    });
  }

  const HOLDERS = ['heartbeat', 'logs', 'source', 'ticket', 'parts', 'complete', 'fail', 'abandon'] as const;
  for (const op of HOLDERS) {
    it(`reports that a ${op} of an attempt was accepted after it had been taken back`, () => {
      const found = check(also(held(op, 85, 'w1', 1))).map(({ what }) => what);
      expect(found).toContain(`${op} of b1 attempt 1 was accepted after its end`);
    });
  }

  const LASTING: readonly Entry[] = [
    held('complete', 101, 'w2', 2, { key: SHA }),
    held('fail', 101, 'w2', 2),
    entry('cancel', 101, { build: 'b1' }),
  ];
  for (const done of LASTING) {
    it(`reports that a ${done.op} was refused when it was sent again`, () => {
      const again = { ...done, invokedAt: 140, answeredAt: 145, outcome: refused('build_finished', 410) };
      const found = check({ ...CLEAN, entries: [...ENTRIES.filter(({ op }) => op !== 'complete'), done, again] });
      expect(found.map(({ what }) => what)).toContain(`b1: ${done.op} was done, and refused when sent again`);
    });
  }

  it('takes a build that was given back for one that may be granted again', () => {
    expect(
      check(told(...EVENTS.map((each) => (each.type === 'requeued' ? { ...each, type: 'given_back' } : each)))),
    ).toEqual([]);
  });

  for (const [what, [named, history]] of Object.entries(NAMED)) {
    it(`reports ${what}, in these words: ${named}`, () => {
      expect(check(history).map((each) => each.what)).toContain(named);
    });
  }

  it('has nothing to say of a failure and of a return that are so', () => {
    expect(broken(ended(FAILED, 'failed', held('fail', 101, 'w2', 2)))).toEqual([]);
    const returned = ended({ ...WAITING, isDue: true }, 'given_back', held('abandon', 101, 'w2', 2));
    expect(broken(returned)).toEqual([]);
    const givenUp = ended({ ...FAILED, failureKind: 'lost_worker' }, 'failed', held('abandon', 101, 'w2', 2));
    expect(broken(givenUp)).toEqual([]);
  });

  for (const [invariant, histories] of Object.entries(BROKEN)) {
    for (const [what, history] of Object.entries(histories)) {
      it(`reports ${what} as ${invariant}, and shows little`, () => {
        const found = check(history).filter((each) => each.invariant === invariant);
        expect(found.length).toBeGreaterThan(0);
        for (const { shown } of found) expect(shown.length).toBeLessThanOrEqual(4);
      });
    }
  }
});
