import { describe, expect, it } from 'vitest';
import { spreadPolls } from '../../lib/app/spread-polls.ts';
import { nextPollMs } from '../../lib/domain/worker.ts';
import { dice } from '../bench/sim/dice.ts';
import { aWorker, NOW } from '../support/builders.ts';

/** Idle for long: it is told 24 to 36 s. */
const idle = (id: string, changes: Parameters<typeof aWorker>[0] = {}) =>
  aWorker({ id, registeredAt: NOW - 86_400_000, ...changes });

describe('polls are spread', () => {
  it('by chance where nobody else is known', () => {
    for (const chance of [0, 0.3, 0.99]) {
      expect(spreadPolls()(idle('a'), NOW, chance)).toBe(nextPollMs(idle('a'), NOW, chance));
    }
  });

  it('to the moment that is furthest from the others’, within the jitter', () => {
    const pace = spreadPolls();
    expect(pace(idle('a'), NOW, 0.01)).toBe(24_120);
    const second = pace(idle('b'), NOW, 0.5);
    expect(second).toBeGreaterThan(35_000);
    expect(second).toBeLessThanOrEqual(36_000);
    const third = pace(idle('c'), NOW, 0.5);
    expect(Math.abs(third - 30_000)).toBeLessThan(600);
  });

  it('only among workers that may be given the same builds', () => {
    const pace = spreadPolls();
    pace(idle('a', { platforms: ['android'] }), NOW, 0.5);
    expect(pace(idle('b'), NOW, 0.5)).toBe(30_000);
    expect(pace(idle('c', { platforms: ['android', 'ios'] }), NOW, 0.5)).not.toBe(30_000);
  });

  it('not around one that has not come, nor around the worker’s own last time', () => {
    const pace = spreadPolls();
    pace(idle('a'), NOW, 0.5);
    // It should have come at 30 s, and 5 s later it has gone.
    expect(pace(idle('b'), NOW + 36_000, 0.5)).toBe(30_000);
    expect(pace(idle('b'), NOW + 66_000, 0.5)).toBe(30_000);
  });

  it('keeps a quick worker quick', () => {
    const pace = spreadPolls();
    for (const id of ['a', 'b', 'c']) {
      const ms = pace(idle(id, { registeredAt: NOW - 1_000 }), NOW, 0.9);
      expect(ms).toBeGreaterThanOrEqual(1_600);
      expect(ms).toBeLessThanOrEqual(2_400);
    }
  });

  it('quickly for all of a platform when one of them has built, the more of them the more rarely', () => {
    const pace = spreadPolls();
    const built = { releasedAt: NOW - 60_000, platforms: ['ios', 'android'] } as const;
    expect(pace(idle('a', built), NOW, 0.5)).toBe(6_000);
    for (const id of ['b', 'c', 'd']) expect(pace(idle(id), NOW, 0.5)).toBeLessThanOrEqual(7_200);
    for (let index = 0; index < 16; index++) pace(idle(`w${index}`), NOW, 0.5);
    const twentieth = pace(idle('d'), NOW, 0.5);
    expect(twentieth).toBeGreaterThanOrEqual(0.8 * 20 * 1_400);
    expect(twentieth).toBeLessThanOrEqual(1.2 * 20 * 1_400);
    expect(pace(idle('android', { platforms: ['android'] }), NOW + 3_539_999, 0.5)).toBeLessThanOrEqual(7_200);
    expect(pace(idle('android', { platforms: ['android'] }), NOW + 3_540_000, 0.5)).toBe(30_000);
  });

  it('at the pace of the idle for a platform that only others have built for', () => {
    const pace = spreadPolls();
    pace(idle('a', { releasedAt: NOW - 60_000, platforms: ['android'] }), NOW, 0.5);
    expect(pace(idle('b'), NOW, 0.5)).toBe(30_000);
  });

  it('of 50 of a platform at most: in a larger fleet chance alone leaves no gaps', () => {
    const pace = spreadPolls();
    for (let index = 0; index < 50; index++) pace(idle(`w${index}`), NOW, 0.5);
    expect(pace(idle('a'), NOW, 0.5)).toBe(30_000);
    expect(pace(idle('b'), NOW, 0.5)).toBe(30_000);
  });

  it('as ever for a platform whose workers are few, however many another one has', () => {
    const pace = spreadPolls();
    const built = { releasedAt: NOW - 60_000 };
    for (let index = 0; index < 60; index++) pace(idle(`w${index}`, { platforms: ['android'] }), NOW, 0.5);
    for (let index = 0; index < 10; index++) pace(idle(`i${index}`, built), NOW, 0.5);
    expect(pace(idle('i10', built), NOW, 0.5)).toBeGreaterThan(0.8 * 11 * 1_400);
  });

  it('leaves fewer long gaps than chance', () => {
    const gaps = (pace: ReturnType<typeof spreadPolls>) => {
      const chance = dice(1);
      const next = new Map(Array.from({ length: 6 }, (_, index) => [`w${index}`, NOW + 30_000 * chance()] as const));
      const polls: number[] = [];
      for (let count = 0; count < 3_000; count++) {
        const [id, at] = [...next].reduce((soonest, each) => (each[1] < soonest[1] ? each : soonest));
        polls.push(at);
        next.set(id, at + pace(idle(id), at, chance()));
      }
      // What a build waits that comes at any moment: half of the gap it falls into.
      const each = polls.slice(1).map((at, index) => at - (polls[index] ?? 0));
      return each.reduce((sum, gap) => sum + gap ** 2, 0) / each.reduce((sum, gap) => sum + gap, 0) / 2;
    };
    expect(gaps(spreadPolls())).toBeLessThan(0.85 * gaps(nextPollMs));
  });
});
