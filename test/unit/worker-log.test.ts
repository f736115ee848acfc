import { describe, expect, it } from 'vitest';
import { BuildLog } from '../../lib/client/agent/build-log.ts';
import { watchLimits } from '../../lib/client/agent/build-limits.ts';
import { holdLease } from '../../lib/client/agent/lease.ts';
import { Quarantine } from '../../lib/client/agent/quarantine.ts';
import { Unreachable } from '../../lib/client/api-error.ts';
import { instantClock, manualClock } from '../support/client-clock.ts';

const random = () => 0;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the log of a build that writes faster than the network', () => {
  /** A network that takes a batch when the test says so. */
  function slowLog() {
    const clock = manualClock();
    const lease = holdLease(clock, 1e9, 0);
    const sent: { messages: string[]; firstLine: number }[] = [];
    let take = () => {};
    const log = new BuildLog({
      clock,
      random,
      lease,
      send: (entries, firstLine, signal) =>
        new Promise<void>((resolve, reject) => {
          signal.throwIfAborted();
          signal.addEventListener('abort', () => reject(signal.reason));
          take = () => {
            sent.push({ messages: entries.map(({ message }) => message), firstLine });
            resolve();
          };
        }),
    });
    return { log, lease, sent, take: () => take() };
  }

  it('has no room from 1 MB on, until half of it is sent; nothing is lost, and each line has its number', async () => {
    const { log, sent, lease, take } = slowLog();
    const line = 'x'.repeat(945);
    let count = 0;
    while (!log.room()) {
      log.add('info', `${line}${count}`);
      count += 1;
    }
    expect(count).toBeGreaterThan(1000);
    expect(count).toBeLessThan(1100);
    let hasRoom = false;
    void log.room()?.then(() => {
      hasRoom = true;
    });
    while (!hasRoom) {
      take();
      await settled();
    }
    const sentLines = sent.reduce((sum, { messages }) => sum + messages.length, 0);
    expect(sentLines).toBeGreaterThan(count / 2 - 10);
    const closed = log.close();
    for (let isClosed = false; !isClosed; ) {
      take();
      isClosed = await Promise.race([closed.then(() => true), settled().then(() => false)]);
    }
    expect(sent.flatMap(({ messages }) => messages)).toEqual(Array.from({ length: count }, (_, at) => `${line}${at}`));
    let lines = 0;
    for (const { messages, firstLine } of sent) {
      expect(firstLine).toBe(lines);
      lines += messages.length;
    }
    lease.end();
  });

  it('lets the build go on when nobody takes lines any more', async () => {
    const { log, lease } = slowLog();
    while (!log.room()) log.add('info', 'x'.repeat(10_000));
    const room = log.room();
    lease.revoke('cancelled');
    await room;
    expect(log.room()).toBeUndefined();
    await log.close();
  });

  it('waits with its end while the lease is in doubt, and then delivers', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 60_000, 0, { outageMs: 1e9 });
    let isBack = false;
    const sent: string[] = [];
    const send = async (lines: readonly { message: string }[]) => {
      if (!isBack) throw new Unreachable('away');
      sent.push(...lines.map(({ message }) => message));
    };
    const log = new BuildLog({ clock, random, lease, send });
    log.add('info', 'last words');
    const closing = log.close();
    for (let minutes = 0; minutes < 30; minutes++) await clock.advance(60_000);
    isBack = true;
    lease.renew(60_000, clock.now());
    for (let seconds = 0; seconds < 10; seconds++) await clock.advance(1_000);
    await closing;
    expect(sent).toEqual(['last words']);
    lease.end();
  });
});

describe('a lease in doubt', () => {
  it('is nobody’s to use until it is renewed, and is mentioned once', async () => {
    const clock = manualClock();
    let doubts = 0;
    const onDoubt = () => {
      doubts += 1;
    };
    const lease = holdLease(clock, 1000, 0, { outageMs: 10_000, onDoubt });
    await lease.held();
    await clock.advance(1000);
    expect([lease.isInDoubt(), lease.signal.aborted, doubts]).toEqual([true, false, 1]);
    let isHeld = false;
    const held = lease.held().then(() => {
      isHeld = true;
    });
    await clock.advance(5000);
    expect([isHeld, doubts]).toEqual([false, 1]);
    lease.renew(1000, clock.now());
    await held;
    expect(lease.isInDoubt()).toBe(false);
    lease.end();
  });

  it('begins when a renewal that was shorter than the lease before runs out', async () => {
    const clock = manualClock();
    let doubts = 0;
    const onDoubt = () => {
      doubts += 1;
    };
    const lease = holdLease(clock, 1_800_000, 0, { outageMs: 10_000, onDoubt });
    lease.renew(1000, clock.now());
    await clock.advance(1);
    await clock.advance(999);
    expect([lease.isInDoubt(), doubts]).toEqual([true, 1]);
    await clock.advance(10_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'lease_expired' });
  });

  it('ends with the outage that is put up with, and whoever waits for it hears so', async () => {
    const clock = manualClock();
    const lease = holdLease(clock, 1000, 0, { outageMs: 10_000 });
    await clock.advance(1000);
    const held = lease.held();
    held.catch(() => {});
    await clock.advance(9_999);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1);
    await expect(held).rejects.toMatchObject({ reason: 'lease_expired' });
  });

  it('that ran out while the machine slept is not taken for held, whichever timer comes first', async () => {
    const clock = instantClock();
    const lease = holdLease({ ...clock, now: () => 2_000 }, 1000, 0, { outageMs: 1e9 });
    const stop = new AbortController();
    const held = lease.held(stop.signal);
    stop.abort(new Error('stopped'));
    await expect(held).rejects.toThrow('stopped');
    lease.end();
  });
});

it('a build is not silent while it is made to wait with its output', async () => {
  const clock = manualClock();
  const watch = watchLimits(clock, { idleMs: 1000 });
  let make = () => {};
  const room = new Promise<void>((resolve) => {
    make = resolve;
  });
  watch.heard(room);
  for (let count = 0; count < 5; count++) await clock.advance(1000);
  expect(watch.signal.aborted).toBe(false);
  make();
  await settled();
  for (let count = 0; count < 2; count++) await clock.advance(1000);
  expect(watch.signal.reason).toMatchObject({ message: 'Build command ended: no output for 1 s' });
});

describe('a machine', () => {
  const failed = { result: 'failed', message: 'no\nspace', isProjectsFault: false } as const;
  const completed = { result: 'completed', isProjectsFault: false } as const;

  it('is in quarantine after three failures at once in a row, and after one more when released', () => {
    const quarantine = new Quarantine();
    for (const [end, ms] of [
      [failed, 1],
      [failed, 1],
      [completed, 1],
      [failed, 1],
      [failed, 9_999],
    ] as const)
      quarantine.note(end, ms);
    expect(quarantine.reason).toBeUndefined();
    quarantine.note(failed, 5);
    expect(quarantine.reason).toBe('3 builds in a row failed within 10 s, the last with: no');
    quarantine.release();
    expect(quarantine.reason).toBeUndefined();
    quarantine.note(failed, 5);
    expect(quarantine.reason).toBeDefined();
  });

  it('is not, for builds that took their time, were dropped, or are their projects’ fault', () => {
    const quarantine = new Quarantine();
    for (let count = 0; count < 3; count++) {
      quarantine.note(failed, 10_000);
      quarantine.note({ ...failed, isProjectsFault: true }, 1);
      quarantine.note({ ...failed, result: 'dropped' }, 1);
      quarantine.note({ ...failed, result: 'given_back' }, 1);
    }
    expect(quarantine.reason).toBeUndefined();
    // Nor do they hide what the machine did before.
    for (const end of [failed, failed, { ...failed, result: 'dropped' as const }, failed]) quarantine.note(end, 1);
    expect(quarantine.reason).toBeDefined();
  });
});
