import { describe, expect, it } from 'vitest';
import { BuildLog } from '../../lib/client/agent/build-log.ts';
import { keepLease } from '../../lib/client/agent/heartbeats.ts';
import { grantedMs, holdLease } from '../../lib/client/agent/lease.ts';
import { ApiError, Unreachable } from '../../lib/client/api-error.ts';
import { retryDelayMs, withRetries } from '../../lib/client/retry.ts';
import { instantClock, manualClock } from '../support/client-clock.ts';

const random = () => 0;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a lease', () => {
  it('ends the work at its deadline, not before, and a renewal moves the deadline', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 1000, clock.now());
    await clock.advance(900);
    lease.renew(1000, clock.now());
    await clock.advance(950);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(50);
    expect(lease.signal.reason).toMatchObject({ reason: 'lease_expired' });
  });

  it('counts from when it was asked for, not from when the answer came', async () => {
    const clock = manualClock();
    const askedAt = clock.now();
    await clock.advance(400);
    const lease = holdLease(clock, 1000, askedAt);
    await clock.advance(600);
    expect(lease.signal.aborted).toBe(true);
  });

  it('does not end the work once it is reported', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 1000, 0);
    lease.end();
    await clock.advance(5000);
    expect(lease.signal.aborted).toBe(false);
  });

  it('is measured by the clock of the controller alone', () => {
    const serverNow = Date.parse('2031-01-01T00:00:00Z');
    expect(grantedMs(serverNow + 90_000, new Date(serverNow).toUTCString(), 1)).toBe(89_000);
    expect(grantedMs(serverNow, null, 30_000)).toBe(30_000);
  });
});

describe('heartbeats', () => {
  const beatReply = { body: { timestamp: 5_000_000, lease_until: 5_001_000 }, headers: new Headers(), sentAt: 0 };

  it('come at once, then at the interval, and sooner after a failure', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 60_000, 0);
    const end = new AbortController();
    let beats = 0;
    const beat = async () => {
      beats += 1;
      if (beats === 2) throw new Unreachable('reset');
      const body = { timestamp: 5_000_000, lease_until: 5_060_000 };
      return { ...beatReply, body, sentAt: clock.now() };
    };
    const kept = keepLease({ clock, random: () => 1, lease, intervalMs: 10_000, beat }, end.signal);
    await settled();
    expect(beats).toBe(1);
    await clock.advance(9_999);
    expect(beats).toBe(1);
    await clock.advance(1);
    expect(beats).toBe(2);
    await clock.advance(2_000);
    expect(beats).toBe(3);
    end.abort();
    await kept;
  });

  it('renew by the controller’s own difference, whatever year it thinks it is', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 500, 0);
    const end = new AbortController();
    const kept = keepLease({ clock, random, lease, intervalMs: 10_000, beat: async () => beatReply }, end.signal);
    await settled();
    await clock.advance(999);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(lease.signal.aborted).toBe(true);
    await kept;
  });

  it.each([
    [409, 'lease_lost'],
    [410, 'cancelled'],
    [403, 'lease_lost'],
    [404, 'lease_lost'],
  ])('answered with %i revoke the lease', async (status, reason) => {
    const clock = manualClock();
    const lease = holdLease(clock, 1000, 0);
    const beat = () => Promise.reject(new ApiError(status, 'x', 'x'));
    await keepLease({ clock, random, lease, intervalMs: 100, beat }, new AbortController().signal);
    expect(lease.signal.reason).toMatchObject({ reason });
  });
});

describe('the log of a build', () => {
  it('sends its first line at once and the next together, half a second later', async () => {
    const clock = manualClock();
    const sent: string[][] = [];
    const lease = holdLease(clock, 1e9, 0);
    const log = new BuildLog({
      clock,
      random,
      lease,
      send: async (lines) => sent.push(lines.map(({ message }) => message)),
    });
    log.add('info', 'first');
    await settled();
    expect(sent).toEqual([['first']]);
    log.add('info', 'second');
    log.add('warn', 'third');
    await settled();
    expect(sent).toHaveLength(1);
    await clock.advance(500);
    expect(sent[1]).toEqual(['second', 'third']);
    await log.close();
    lease.end();
  });

  it('repeats what did not arrive, in order, and lets nothing wait for it', async () => {
    const instant = instantClock();
    // Lines wait for a time that has to pass.
    const clock = { ...instant, now: () => instant.waits.reduce((sum, ms) => sum + ms, 0) };
    const sent: string[] = [];
    let tries = 0;
    const send = async (lines: readonly { message: string }[]) => {
      tries += 1;
      if (tries <= 3) throw new ApiError(503, 'unavailable', 'later');
      sent.push(...lines.map(({ message }) => message));
    };
    const lease = holdLease(manualClock(), 1e9, 0);
    const log = new BuildLog({ clock, random, lease, send });
    for (let count = 0; count < 250; count++) log.add('info', `${count}`);
    while (sent.length < 250) await settled();
    expect(sent).toEqual(Array.from({ length: 250 }, (_, index) => `${index}`));
    lease.end();
  });

  it('gives up when it is closed and the controller stays away', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 1e9, 0);
    const log = new BuildLog({ clock, random, lease, send: () => Promise.reject(new Unreachable('gone')) });
    log.add('info', 'lost');
    let isClosed = false;
    const closing = log.close().then(() => {
      isClosed = true;
    });
    await clock.advance(119_000);
    expect(isClosed).toBe(false);
    await clock.advance(1_000);
    await closing;
    lease.end();
  });

  it('does not repeat for ever what the controller refuses as it is', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 1e9, 0);
    let sends = 0;
    const send = () => {
      sends += 1;
      return Promise.reject(new ApiError(400, 'invalid', 'no'));
    };
    const log = new BuildLog({ clock, random, lease, send });
    log.add('info', 'bad');
    await settled();
    await log.close();
    expect(sends).toBe(2);
    expect(lease.signal.aborted).toBe(false);
    lease.end();
  });
});

describe('a retry', () => {
  const policy = { tries: 4, baseMs: 100, maxMs: 300 };

  it('waits longer each time, jittered, up to the maximum, and as long as it is told', () => {
    const delays = [1, 2, 3, 4].map((attempt) => retryDelayMs(new Unreachable('x'), attempt, policy, () => 1));
    expect(delays).toEqual([100, 200, 300, 300]);
    expect(retryDelayMs(new Unreachable('x'), 2, policy, () => 0)).toBe(100);
    const asked = new ApiError(503, 'x', 'x', { retryAfterMs: 7000 });
    expect(retryDelayMs(asked, 1, policy, () => 0)).toBe(7000);
  });

  it('is for what may pass, and not without end', async () => {
    const clock = instantClock();
    const failing = (error: Error) => {
      let calls = 0;
      const run = async () => {
        calls += 1;
        throw error;
      };
      return withRetries(run, policy, { clock, random }).catch(() => calls);
    };
    expect(await failing(new Unreachable('x'))).toBe(4);
    expect(await failing(new ApiError(429, 'x', 'x'))).toBe(4);
    expect(await failing(new ApiError(504, 'x', 'x'))).toBe(4);
    expect(await failing(new ApiError(500, 'x', 'x'))).toBe(1);
    expect(await failing(new ApiError(409, 'x', 'x'))).toBe(1);
    expect(await failing(new TypeError('x'))).toBe(1);
  });
});
