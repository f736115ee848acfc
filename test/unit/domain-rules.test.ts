import { describe, expect, it } from 'vitest';
import { hasScope, keyState, maySee, ROOT, SCOPES, type Scope } from '../../lib/domain/api-key.ts';
import { assignmentFailed, giveBackSeconds, REFUSAL_CLASS } from '../../lib/domain/assignment.ts';
import { areTokensGood, isTerminal } from '../../lib/domain/build.ts';
import { resendAt } from '../../lib/domain/due.ts';
import { cutLine } from '../../lib/domain/log-line.ts';
import {
  type Fleet,
  isOfEarlierProcess,
  isQuarantined,
  isSightingDue,
  isTokenGood,
  nextPollMs,
  platformsOf,
  replacedToken,
  workerState,
} from '../../lib/domain/worker.ts';
import { aBuild, aKey, aWorker, NOW } from '../support/builders.ts';
import { LINE_CHARACTERS, QUARANTINE } from '../support/settings.ts';

describe('a worker token', () => {
  const at = (expiresAt: number) => ({ hash: 'own', expiresAt });

  it('is good until the millisecond it expires', () => {
    expect(isTokenGood(aWorker({ token: at(NOW + 1) }), 'own', NOW)).toBe(true);
    expect(isTokenGood(aWorker({ token: at(NOW) }), 'own', NOW)).toBe(false);
  });

  it('stays good while its worker holds a build', () => {
    const current = { buildId: 'build-1', attempt: 1 };
    expect(isTokenGood(aWorker({ token: at(NOW - 7_200_000), current }), 'own', NOW)).toBe(true);
    expect(isTokenGood(aWorker({ token: at(NOW - 7_200_000), current }), 'another', NOW)).toBe(false);
  });

  it('stays good for ten minutes after the build, for what its worker says last', () => {
    const worker = aWorker({ token: at(NOW - 7_200_000), grantedAt: NOW - 9_000_000, releasedAt: NOW });
    expect(isTokenGood(worker, 'own', NOW + 599_999)).toBe(true);
    expect(isTokenGood(worker, 'own', NOW + 600_000)).toBe(false);
  });

  it('of before the last registration is lent to a build only if it was good when the build was granted', () => {
    const previousToken = { hash: 'old', expiresAt: NOW - 3_600_000 };
    const held = { previousToken, current: { buildId: 'build-1', attempt: 1 } };
    expect(isTokenGood(aWorker({ ...held, grantedAt: NOW - 3_600_001 }), 'old', NOW)).toBe(true);
    expect(isTokenGood(aWorker({ ...held, grantedAt: NOW - 3_600_000 }), 'old', NOW)).toBe(false);
  });

  it('that a registration replaces is good for an hour more, if it was good', () => {
    expect(replacedToken(aWorker({ token: at(NOW + 1) }), NOW)).toEqual(at(NOW + 3_600_000));
    expect(replacedToken(aWorker({ token: at(NOW) }), NOW)).toEqual(at(NOW));
    const current = { buildId: 'build-1', attempt: 1 };
    expect(replacedToken(aWorker({ token: at(NOW), current }), NOW)).toEqual(at(NOW + 3_600_000));
  });

  it('of before the last registration is good until it expires', () => {
    const worker = aWorker({ previousToken: { hash: 'old', expiresAt: NOW + 1 } });
    expect(isTokenGood(worker, 'old', NOW)).toBe(true);
    expect(isTokenGood(worker, 'old', NOW + 1)).toBe(false);
    expect(isTokenGood(aWorker(), 'old', NOW)).toBe(false);
  });

  it('of before the last registration says nothing of a build that was granted after it, to who has the new one', () => {
    const token = { hash: 'new', expiresAt: NOW };
    const previousToken = { hash: 'old', expiresAt: NOW };
    const worker = aWorker({ token, previousToken, registeredAt: NOW, grantedAt: NOW });
    const heldWith = (tokenHash: string) => ({
      ...aBuild('building'),
      holder: { workerId: worker.id, workerName: 'mac', assignmentId: 'poll-1', tokenHash },
    });
    expect(isOfEarlierProcess(worker, heldWith('new'), 'old')).toBe(true);
    expect(isOfEarlierProcess(worker, heldWith('new'), 'new')).toBe(false);
    // It got the build itself, or something of it was under way when the new process took it over.
    expect(isOfEarlierProcess(worker, heldWith('old'), 'old')).toBe(false);
    expect(isOfEarlierProcess({ ...worker, grantedAt: NOW - 1 }, heldWith('new'), 'old')).toBe(false);
    // Its own report of the end, sent again.
    expect(isOfEarlierProcess(worker, { ...heldWith('new'), state: 'completed' as const }, 'old')).toBe(false);
  });
});

describe('the tokens of a build', () => {
  it('are good until so long after its end', () => {
    const ended = aBuild('completed', { finishedAt: NOW });
    expect(areTokensGood(aBuild('pending'), NOW + 365 * 86_400_000, 5000)).toBe(true);
    expect(areTokensGood(ended, NOW + 4_999, 5000)).toBe(true);
    expect(areTokensGood(ended, NOW + 5_000, 5000)).toBe(false);
  });
});

describe('an API key', () => {
  it('ends at its millisecond, or when it is revoked', () => {
    expect(keyState(aKey({ expiresAt: NOW + 1 }), NOW)).toBe('active');
    expect(keyState(aKey({ expiresAt: NOW }), NOW)).toBe('expired');
    expect(keyState(aKey({ expiresAt: NOW + 1, revokedAt: NOW - 1 }), NOW)).toBe('revoked');
    expect(keyState(aKey(), Number.MAX_SAFE_INTEGER)).toBe('active');
  });

  it('may do what its scopes say and no more; an admin’s may do all', () => {
    for (const needed of SCOPES) {
      for (const had of SCOPES)
        expect(hasScope(aKey({ scopes: [had] }), needed)).toBe(
          had === 'admin' || had === needed || (had === 'work-any' && needed === 'work'),
        );
      expect([hasScope(ROOT, needed), hasScope(aKey({ scopes: [] }), needed)]).toEqual([true, false]);
    }
  });

  it('that may submit sees what was submitted with it, one that may read sees all', () => {
    const [own, other] = [aBuild('pending', { submittedBy: aKey().id }), aBuild('pending', { submittedBy: 'another' })];
    const seen = (scopes: readonly Scope[]) =>
      [own, other, aBuild('pending')].map((build) => maySee(aKey({ scopes }), build));
    expect(seen(['submit'])).toEqual([true, false, false]);
    expect(seen(['submit', 'read'])).toEqual([true, true, true]);
    expect(seen(['admin'])).toEqual([true, true, true]);
    expect(seen(['work'])).toEqual([false, false, false]);
  });
});

describe('a worker', () => {
  it('is offline after five silent minutes without a build', () => {
    const seen = (ms: number) => aWorker({ lastSeenAt: NOW - ms });
    expect(workerState(seen(300_000), NOW, QUARANTINE)).toBe('idle');
    expect(workerState(seen(300_001), NOW, QUARANTINE)).toBe('offline');
    expect(workerState(aWorker({ lastSeenAt: 0, current: { buildId: 'b', attempt: 1 } }), NOW, QUARANTINE)).toBe(
      'building',
    );
  });

  it('is quarantined after so many bad ends, for so long; quick failures are bad ends, and losses always', () => {
    const rules = { builds: 2, ms: 60_000, instantMs: 5_000 };
    const ended = (strikes: number, lastOutcome: 'failed' | 'lost', tookMs: number) =>
      aWorker({ strikes, lastOutcome, grantedAt: NOW - tookMs, releasedAt: NOW });
    const worker = ended(1, 'failed', 4_999);
    expect([isQuarantined(worker, NOW + 59_999, rules), isQuarantined(worker, NOW + 60_000, rules)]).toEqual([
      true,
      false,
    ]);
    expect(isQuarantined(ended(1, 'failed', 5_000), NOW, rules)).toBe(false);
    expect(isQuarantined(ended(1, 'lost', 5_000), NOW, rules)).toBe(true);
    expect(isQuarantined(ended(0, 'lost', 0), NOW, rules)).toBe(false);
    expect(isQuarantined(worker, NOW, { ...rules, ms: 0 })).toBe(false);
    expect([workerState(worker, NOW, rules), workerState(worker, NOW, { ...rules, builds: 3 })]).toEqual([
      'quarantined',
      'idle',
    ]);
  });

  it('is noted as seen at most every two and a half minutes', () => {
    expect(isSightingDue(aWorker({ lastSeenAt: NOW - 149_999 }), NOW)).toBe(false);
    expect(isSightingDue(aWorker({ lastSeenAt: NOW - 150_000 }), NOW)).toBe(true);
  });

  describe('polls', () => {
    const polls = (registered: number, released?: number, fleet?: Fleet) => {
      const worker = aWorker({
        registeredAt: NOW - registered,
        ...(released !== undefined && { releasedAt: NOW - released }),
      });
      return [0, 0.5, 0.999].map((chance) => nextPollMs(worker, NOW, chance, fleet));
    };
    const SOON = [1600, 2000, 2399];
    const LIKELY = [4800, 6000, 7198];
    const IDLE = [24_000, 30_000, 35_988];
    const LONG = 9_000_000;

    it('soon when it has just registered, for an hour after it built less so, slowly from then on, always spread', () => {
      expect(polls(0)).toEqual(SOON);
      expect(polls(59_999)).toEqual(SOON);
      expect(polls(60_000)).toEqual(LIKELY);
      expect(polls(3_599_999)).toEqual(LIKELY);
      expect(polls(3_600_000)).toEqual(IDLE);
      expect(polls(LONG, 0)).toEqual(LIKELY);
      expect(polls(LONG, 3_600_000)).toEqual(IDLE);
    });

    it('as quickly when another one of its fleet has built, and the more rarely the larger that is', () => {
      const justBuilt = (size: number) => polls(LONG, undefined, { size, releasedAt: NOW - 3_599_999 });
      expect(justBuilt(1)).toEqual(LIKELY);
      expect(justBuilt(4)).toEqual(LIKELY);
      expect(justBuilt(10)[1]).toBe(14_000);
      expect(justBuilt(24)).toEqual(IDLE);
      expect(justBuilt(1_000)).toEqual(IDLE);
      expect(polls(LONG, undefined, { size: 4, releasedAt: NOW - 3_600_000 })).toEqual(IDLE);
    });
  });

  it('builds what it says it can, and iOS where it does not say', () => {
    expect([undefined, null, 'ios', {}, []].map(platformsOf)).toEqual(Array(5).fill(['ios']));
    expect(platformsOf(['android', 'ios', 'windows', 7])).toEqual(['ios', 'android']);
    expect(platformsOf(['android'])).toEqual(['android']);
    expect(platformsOf(['windows'])).toEqual([]);
  });
});

describe('a message', () => {
  it('given back stays hidden for 5 to 60 seconds, longer with each receive', () => {
    for (let receives = 0; receives < 60; receives++) {
      const [least, most] = [giveBackSeconds(receives, 0), giveBackSeconds(receives, 0.9999)];
      expect(least).toBe(5);
      expect(most).toBeGreaterThan(least);
      expect(most).toBeLessThanOrEqual(60);
      expect(most).toBeGreaterThanOrEqual(giveBackSeconds(receives - 1, 0.9999));
      expect(Number.isInteger(giveBackSeconds(receives, 0.37))).toBe(true);
    }
    expect(giveBackSeconds(1, 0.9999)).toBe(10);
    expect(giveBackSeconds(50, 0.9999)).toBe(60);
  });

  it('is replaced after two minutes, then at doubling distances up to an hour', () => {
    const minutes = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((sends) => (resendAt(NOW, sends) - NOW) / 60_000);
    expect(minutes).toEqual([2, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('goes back only for what may pass', () => {
    const transient = Object.entries(REFUSAL_CLASS).flatMap(([reason, kind]) => (kind === 'transient' ? [reason] : []));
    expect(transient.sort()).toEqual(['conflict', 'worker_busy', 'worker_not_found', 'worker_offline']);
    expect(assignmentFailed('worker_busy')).toBe('Assignment failed: worker_busy');
  });
});

describe('a log line', () => {
  it('is cut at its limit, visibly, and stays well-formed', () => {
    const longest = 'x'.repeat(LINE_CHARACTERS);
    expect(cutLine(longest, LINE_CHARACTERS)).toBe(longest);
    for (const long of [`${longest}x`, '💥'.repeat(LINE_CHARACTERS), `x${'💥'.repeat(LINE_CHARACTERS)}`]) {
      const cut = cutLine(long, LINE_CHARACTERS);
      expect(cut.length).toBeLessThanOrEqual(LINE_CHARACTERS);
      expect(cut).toMatch(/ … \[line cut\]$/);
      expect(cut.isWellFormed()).toBe(true);
    }
  });
});

it('three states are final', () => {
  const states = ['pending', 'assigned', 'building', 'completed', 'failed', 'cancelled'] as const;
  expect(states.filter(isTerminal)).toEqual(['completed', 'failed', 'cancelled']);
});
