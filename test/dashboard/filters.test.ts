import { describe, expect, it } from 'vitest';
import type { Answer } from '../../dashboard/answer.ts';
import type { Api } from '../../dashboard/api.ts';
import { filtersOf, listQuery } from '../../dashboard/history/filters.ts';
import { gather } from '../../dashboard/history/gather.ts';

describe('the filters of an address', () => {
  it('are those that there are, without the empty ones', () => {
    expect(filtersOf({ state: 'failed', text: '  ', cursor: 'c', odd: 'x', label: ' a ' })).toEqual({
      state: 'failed',
      label: 'a',
    });
  });

  it('are asked for by the names of the API, a day being all of it where the reader is', () => {
    const asked = listQuery({ state: 'failed', worker: 'w1', from: '2026-11-25', to: '2026-11-25', text: 'x' });
    expect(asked).toEqual({
      status: 'failed',
      worker_id: 'w1',
      text: 'x',
      submitted_after: String(new Date(2026, 10, 25).getTime()),
      submitted_before: String(new Date(2026, 10, 26).getTime()),
    });
  });

  it('that are made up are left to the controller to refuse', () => {
    expect(listQuery({ state: 'flying', from: 'yesterday' })).toEqual({
      status: 'flying',
      submitted_after: 'yesterday',
    });
  });
});

describe('builds gathered over several calls', () => {
  /** Answers pages of so many builds, the last without a next one. */
  function world(...sizes: number[]) {
    const asked: { limit: string; cursor?: string }[] = [];
    const ask = async (
      _operation: string,
      { query }: { query: { limit: string; cursor?: string } },
    ): Promise<Answer<unknown>> => {
      const call = asked.push(query);
      const size = sizes[call - 1];
      if (size === undefined) return { ok: false, problem: { kind: 'away', code: undefined, text: 'gone' } };
      const value = Array.from({ length: size }, () => ({ id: `${call}` }));
      return { ok: true, value, nextCursor: call < sizes.length ? `after ${call}` : undefined };
    };
    return { asked, api: { ask } as unknown as Api };
  }

  it('go on past short and empty pages, and ask for no more than is wanted', async () => {
    const { asked, api } = world(3, 0, 4, 9);
    const answer = await gather(api, { status: 'failed' }, { atMost: 7, mostCalls: 5 });
    expect(answer).toMatchObject({ ok: true, value: { builds: { length: 7 }, next: 'after 3' } });
    expect(asked).toEqual([
      { status: 'failed', limit: '7' },
      { status: 'failed', limit: '4', cursor: 'after 1' },
      { status: 'failed', limit: '4', cursor: 'after 2' },
    ]);
  });

  it('end with the last page, or after so many calls', async () => {
    expect(await gather(world(2, 1).api, {}, { atMost: 50, mostCalls: 5 })).toMatchObject({
      value: { next: undefined },
    });
    const { asked, api } = world(0, 0, 0, 1);
    const parts: number[] = [];
    const onPart = ({ builds }: { builds: readonly unknown[] }) => parts.push(builds.length);
    expect(await gather(api, {}, { atMost: 1_000, mostCalls: 2, onPart })).toMatchObject({
      value: { builds: [], next: 'after 2' },
    });
    expect(asked.map(({ limit }) => limit)).toEqual(['100', '100']);
    expect(parts).toEqual([0, 0]);
  });

  it('are none when a call is not answered', async () => {
    expect(await gather(world().api, {}, { atMost: 1, mostCalls: 1 })).toMatchObject({
      ok: false,
      problem: { kind: 'away' },
    });
  });
});
