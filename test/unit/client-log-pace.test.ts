import { describe, expect, it } from 'vitest';
import { BuildLog, logPauseMs } from '../../lib/client/agent/build-log.ts';
import { holdLease } from '../../lib/client/agent/lease.ts';
import { followLogs, followPauseMs } from '../../lib/client/cli/follow-logs.ts';
import { manualClock } from '../support/client-clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A build's log whose controller takes every batch at once, with when it came. */
function aLog() {
  const clock = manualClock();
  const lease = holdLease(clock, 1e9, 0);
  const sent: { at: number; messages: string[]; firstLine: number }[] = [];
  const send = async (entries: readonly { message: string }[], firstLine: number) => {
    sent.push({ at: clock.now(), messages: entries.map(({ message }) => message), firstLine });
  };
  const log = new BuildLog({ clock, random: () => 0, lease, send });
  return { clock, lease, sent, log };
}

describe('how often a worker sends its log', () => {
  it('is each half second at first, and each three seconds from the third minute on', () => {
    expect([0, 30 * SECOND, MINUTE, 3 * MINUTE, 60 * MINUTE].map(logPauseMs)).toEqual([500, 500, 1_000, 3_000, 3_000]);
  });

  it('falls with the build’s age, and every line comes once and in order', async () => {
    const { clock, lease, sent, log } = aLog();
    let lines = 0;
    const during = async (minutes: number) => {
      const before = sent.length;
      for (let tick = 0; tick < minutes * 240; tick++) {
        log.add('info', `line ${lines++}`);
        await clock.advance(250);
      }
      return (sent.length - before) / minutes;
    };
    const perMinute = [await during(0.5), await during(2.5), await during(7)];
    await log.close();
    lease.end();
    expect(perMinute[0]).toBeGreaterThan(100);
    expect(perMinute[2]).toBeLessThan(22);
    expect(perMinute[2]).toBeGreaterThan(15);
    expect(sent.flatMap(({ messages }) => messages)).toEqual(Array.from({ length: lines }, (_, at) => `line ${at}`));
    let firstLine = 0;
    for (const batch of sent) {
      expect(batch.firstLine).toBe(firstLine);
      firstLine += batch.messages.length;
    }
  });

  it('is at once after a silence, for a full batch, and at the end, however old the build is', async () => {
    const { clock, lease, sent, log } = aLog();
    for (let tick = 0; tick < 20 * 60; tick++) await clock.advance(SECOND);
    const addAt = (count: number) => {
      for (let line = 0; line < count; line++) log.add('info', `at ${clock.now()}`);
      return clock.now();
    };
    const after = addAt(1);
    await clock.advance(0);
    expect(sent.at(-1)?.at).toBe(after);
    await clock.advance(10 * SECOND);
    const second = addAt(1);
    for (let tick = 0; tick < 2; tick++) await clock.advance(500);
    expect((sent.at(-1)?.at ?? 0) - second).toBeLessThanOrEqual(500);
    const full = addAt(100);
    await clock.advance(0);
    expect(sent.at(-1)).toMatchObject({ at: full });
    expect(sent.at(-1)?.messages).toHaveLength(100);
    const last = addAt(1);
    await log.close();
    lease.end();
    expect(sent.at(-1)).toMatchObject({ at: last, messages: [`at ${last}`] });
  });
});

describe('how often a log is looked at', () => {
  /** A log of one page each look; answers when each look was. */
  async function follow(pages: readonly number[]) {
    const clock = manualClock();
    const looks: number[] = [];
    const read = async (cursor: string | undefined) => {
      const page = Number(cursor ?? 0);
      looks.push(clock.now());
      const logs = Array.from({ length: pages[page] ?? 0 }, (_, line) => `${page}.${line}`);
      return { logs, next_cursor: String(page + 1), is_final: page === pages.length - 1 };
    };
    const lines: string[] = [];
    let isOver = false;
    const following = (async () => {
      for await (const line of followLogs(read, clock)) lines.push(line);
      isOver = true;
    })();
    while (!isOver) await clock.advance(100);
    await following;
    return { looks, lines };
  }
  const gapsOf = (looks: readonly number[]) => looks.slice(1).map((at, index) => at - (looks[index] ?? 0));

  it('is each second in the first minute, and each three seconds from the third on', async () => {
    expect([0, MINUTE, 2 * MINUTE, 3 * MINUTE, 60 * MINUTE].map(followPauseMs)).toEqual([
      1_000, 1_000, 2_000, 3_000, 3_000,
    ]);
    const gaps = gapsOf((await follow(Array.from({ length: 200 }, () => 1))).looks);
    expect(new Set(gaps.slice(1, 50))).toEqual(new Set([SECOND]));
    expect(gaps.slice(-20).every((gap) => gap >= 3_000 && gap <= 3_100)).toBe(true);
  });

  it('is at once while there is more, and each second for a while after, however long one has followed', async () => {
    const calm = Array.from({ length: 200 }, () => 1);
    const { looks, lines } = await follow([...calm, 100, 100, 1, 1, 1, 0]);
    const gaps = gapsOf(looks).slice(calm.length);
    expect(gaps.slice(0, 2)).toEqual([0, 0]);
    expect(gaps.slice(2)).toEqual([SECOND, SECOND, SECOND]);
    expect(lines).toHaveLength(calm.length + 203);
  });
});
