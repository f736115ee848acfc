import { describe, expect, it } from 'vitest';
import type { Answer, Problem } from '../../dashboard/answer.ts';
import { type Live, live } from '../../dashboard/live.ts';
import { type VirtualSurroundings, virtualSurroundings } from './virtual-surroundings.ts';

const PACE_MS = 5_000;
const AWAY: Problem = { kind: 'away', code: undefined, text: 'nobody is there' };
const good = (value: number): Answer<number> => ({ ok: true, value, nextCursor: undefined });
const bad = (problem: Problem): Answer<number> => ({ ok: false, problem });

interface Scene {
  readonly around: VirtualSurroundings;
  readonly kept: Live<number>;
  /** When it was asked, in ms from the beginning. */
  readonly asked: number[];
  answers: (count: number) => Answer<number> | Promise<Answer<number>>;
}

function scene(answers: Scene['answers'] = good, paceMs: (value: number) => number | undefined = () => PACE_MS): Scene {
  const around = virtualSurroundings();
  const start = around.clock();
  const asked: number[] = [];
  const made = { around, asked, answers };
  const ask = async () => {
    asked.push(around.clock() - start);
    return made.answers(asked.length);
  };
  return Object.assign(made, { kept: live(ask, { paceMs }, around) });
}

describe('something that is kept up to date', () => {
  it('is asked at once, and again at its pace', async () => {
    const { around, kept, asked } = scene();
    await around.pass(12_000);
    expect(asked).toEqual([0, 5_000, 10_000]);
    expect([kept.value.value, kept.problem.value]).toEqual([3, undefined]);
    expect(kept.updatedAt.value).toBe(around.clock() - 2_000);
  });

  it('is asked at the pace of what it is', async () => {
    const { around, asked } = scene(good, (value) => (value < 3 ? 1_000 : undefined));
    await around.pass(60_000);
    expect(asked).toEqual([0, 1_000, 2_000]);
  });

  it('is not asked while the page is hidden, and at once when it is shown again', async () => {
    const { around, asked } = scene();
    await around.pass(1_000);
    around.hide();
    await around.pass(60_000);
    expect([asked, around.waiting()]).toEqual([[0], 0]);
    around.show();
    await around.pass(100);
    expect(asked).toEqual([0, 61_000]);
    await around.pass(5_000);
    expect(asked).toEqual([0, 61_000, 66_000]);
  });

  it('is not asked before its time because somebody looks away for a moment', async () => {
    const { around, asked } = scene();
    await around.pass(1_000);
    around.hide();
    around.show();
    await around.pass(3_900);
    expect(asked).toEqual([0]);
    await around.pass(100);
    expect(asked).toEqual([0, 5_000]);
  });

  it('of a page that opens hidden is asked when it is shown', async () => {
    const around = virtualSurroundings();
    around.hide();
    let asked = 0;
    const ask = async () => good(++asked);
    live(ask, { paceMs: () => PACE_MS }, around);
    await around.pass(60_000);
    expect(asked).toBe(0);
    around.show();
    await around.pass(0);
    expect(asked).toBe(1);
  });

  it('is asked more and more seldom while the controller is away, keeps what was known, and comes back by itself', async () => {
    const { around, kept, asked } = scene((count) => (count === 1 || count > 7 ? good(count) : bad(AWAY)));
    await around.pass(97_000);
    expect(asked).toEqual([0, 5_000, 7_000, 11_000, 19_000, 35_000, 65_000, 95_000]);
    expect([kept.value.value, kept.problem.value]).toEqual([8, undefined]);
  });

  it('says that the controller is away, with what was last known', async () => {
    const { around, kept } = scene((count) => (count === 1 ? good(1) : bad(AWAY)));
    await around.pass(6_000);
    expect([kept.value.value, kept.problem.value]).toEqual([1, AWAY]);
  });

  it('waits as long as the controller asks for', async () => {
    const { around, asked } = scene((count) => (count === 1 ? bad({ ...AWAY, retryAfterMs: 45_000 }) : good(2)));
    await around.pass(46_000);
    expect(asked).toEqual([0, 45_000]);
  });

  it.each(['signed_out', 'refused', 'not_found'] as const)(
    'is not asked again by itself once it is %s',
    async (kind) => {
      const { around, kept, asked } = scene((count) => (count === 1 ? bad({ ...AWAY, kind }) : good(2)));
      await around.pass(3_600_000);
      expect([asked, kept.problem.value?.kind]).toEqual([[0], kind]);
      await kept.refresh();
      expect([kept.value.value, kept.problem.value]).toEqual([2, undefined]);
    },
  );

  it('takes the answer to the newest question only', async () => {
    const first = Promise.withResolvers<Answer<number>>();
    const { around, kept } = scene((count) => (count === 1 ? first.promise : good(count)));
    await around.pass(0);
    await kept.refresh();
    first.resolve(good(1));
    await around.pass(0);
    expect(kept.value.value).toBe(2);
  });

  it('is left alone when it is stopped, even by an answer that is on its way', async () => {
    const late = Promise.withResolvers<Answer<number>>();
    const { around, kept, asked } = scene(() => late.promise);
    await around.pass(0);
    kept.stop();
    late.resolve(good(1));
    await around.pass(60_000);
    around.show();
    await around.pass(60_000);
    expect([asked, kept.value.value, around.waiting()]).toEqual([[0], undefined, 0]);
  });
});
