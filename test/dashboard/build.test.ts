import { describe, expect, it } from 'vitest';
import type { Answer } from '../../dashboard/answer.ts';
import type { Api } from '../../dashboard/api.ts';
import { placeWords } from '../../dashboard/build/queue-words.ts';
import { createBuildReader, type Picture, paceMs, type QueuePlace } from '../../dashboard/build/read-build.ts';
import { withNames } from '../../dashboard/build/story.ts';

const NOW = new Date(2026, 10, 25, 12, 0).getTime();
const ok = (value: unknown): Answer<unknown> => ({ ok: true, value, nextCursor: undefined });

/** A controller that answers by what the test has set. */
function world() {
  const asked: string[] = [];
  const known = { state: 'pending', attempt: 0, started_at: null as number | null };
  let now = NOW;
  let isAway = false;
  const ask = async (operation: string): Promise<Answer<unknown>> => {
    const what = operation.split('/').at(-1) ?? '';
    asked.push(what);
    if (isAway) return { ok: false, problem: { kind: 'away', code: undefined, text: 'gone' } };
    if (what === 'events') return ok({ events: [{ type: known.state }] });
    if (what === 'metrics') return ok({ samples: [{ time: now }] });
    return ok(what === 'queue' ? { ahead: 1 } : { ...known });
  };
  const reader = createBuildReader({ api: { ask } as unknown as Api }, 'b1', () => now);
  return {
    reader,
    known,
    /** What was asked for to see the build once more, so many seconds later. */
    seen: async (seconds: number) => {
      now += seconds * 1_000;
      const answer = await reader.ask(new AbortController().signal);
      return { answer, asked: asked.splice(0).sort().join(' ') };
    },
    goAway: (isGone: boolean) => {
      isAway = isGone;
    },
  };
}

describe('the reader of a build', () => {
  it('asks for what may have changed, and for nothing else', async () => {
    const { known, seen } = world();
    expect((await seen(0)).asked).toBe('events queue {id}');
    expect((await seen(5)).asked).toBe('{id}');
    expect((await seen(10)).asked).toBe('queue {id}');
    Object.assign(known, { state: 'assigned', attempt: 1, started_at: NOW });
    expect((await seen(5)).asked).toBe('events metrics {id}');
    known.state = 'building';
    expect((await seen(3)).asked).toBe('events {id}');
    expect((await seen(4)).asked).toBe('{id}');
    expect((await seen(60)).asked).toBe('metrics {id}');
    known.state = 'completed';
    expect((await seen(4)).asked).toBe('events metrics {id}');
    expect((await seen(4)).asked).toBe('{id}');
  });

  it('keeps what it knew, and asks again for what did not come', async () => {
    const { goAway, seen } = world();
    await seen(0);
    goAway(true);
    expect((await seen(20)).answer).toMatchObject({ ok: false, problem: { kind: 'away' } });
    goAway(false);
    const { answer, asked } = await seen(2);
    expect(asked).toBe('queue {id}');
    expect(answer).toMatchObject({ ok: true, value: { place: { ahead: 1 }, events: [{ type: 'pending' }] } });
  });

  it('tells when it learned the place, which the page does not date anew each second', async () => {
    const { seen } = world();
    const placeAt = async (seconds: number) => {
      const { answer } = await seen(seconds);
      return answer.ok && answer.value.placeAt - NOW;
    };
    expect([await placeAt(0), await placeAt(10), await placeAt(10)]).toEqual([0, 0, 20_000]);
  });

  it('asks what happened once more when that is wanted, and has no place of what does not wait', async () => {
    const { reader, known, seen } = world();
    await seen(0);
    reader.forget();
    known.state = 'cancelled';
    const { answer, asked } = await seen(1);
    expect(asked).toBe('events {id}');
    expect(answer).toMatchObject({ value: { place: undefined } });
  });

  it('has a pace until the build has ended', () => {
    const pace = (state: string) => paceMs({ build: { state } } as Picture);
    expect(['pending', 'assigned', 'building'].map(pace)).toEqual([5_000, 3_000, 4_000]);
    expect(['completed', 'failed', 'cancelled'].map(pace)).toEqual([undefined, undefined, undefined]);
  });
});

describe('a place in the queue', () => {
  const nothing = { id: 'b', state: 'pending', ahead: null, may_be_more: null, workers: null } as const;
  const place = (known: Partial<QueuePlace>): QueuePlace => ({
    ...nothing,
    usual_build_ms: null,
    starts_in_ms: null,
    paused: null,
    ...known,
  });

  it.each([
    [{}, ''],
    [{ ahead: 0, may_be_more: false }, 'It is the next one.'],
    [{ ahead: 1, may_be_more: false, workers: 1 }, '1 build goes before it. 1 worker online could build it.'],
    [
      { ahead: 100, may_be_more: true, workers: 0 },
      'More than 100 builds go before it. No worker that could build it is online.',
    ],
    [{ starts_in_ms: 0 }, 'Its turn may come at any moment.'],
    [{ usual_build_ms: 432_000 }, 'Builds take about 7 min 00 s these days.'],
    [{ paused: { reason: 'Xcode 27 goes in', since: 1 } }, 'Its platform is paused: Xcode 27 goes in.'],
  ])('%j', (known, words) => expect(placeWords(place(known), NOW).join(' ')).toBe(words));

  it('says when its turn comes, no more exactly than that is known', () => {
    expect(placeWords(place({ starts_in_ms: 754_321 }), NOW)[0]).toMatch(
      /^Its turn comes in about 13 min 00 s, at 12:12\b/,
    );
  });
});

describe('a story', () => {
  it('has the workers’ names in the place of their ids', () => {
    const events = [
      { type: 'submitted', at: 1, attempt: 0, by: 'submitter', why: 'priority 3' },
      { type: 'assigned', at: 2, attempt: 1, by: 'worker w1', why: 'mini-1' },
      { type: 'failed', at: 3, attempt: 1, by: 'worker w1', why: 'exit 1' },
      { type: 'cancelled', at: 4, attempt: 1, by: 'worker w2' },
    ] as const;
    expect(withNames(events).map(({ by, why }) => [by, why])).toEqual([
      ['submitter', 'priority 3'],
      ['worker mini-1', undefined],
      ['worker mini-1', 'exit 1'],
      ['worker w2', undefined],
    ]);
  });
});
