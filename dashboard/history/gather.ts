import type { Operations } from '../../lib/client/api-types.ts';
import type { Answer } from '../answer.ts';
import type { Api } from '../api.ts';
import type { ListQuery } from './filters.ts';

export type ListedBuild = Operations['GET /api/builds']['answer'][number];

export interface Gathered {
  readonly builds: readonly ListedBuild[];
  /** Where it goes on; undefined: nowhere. */
  readonly next: string | undefined;
}

interface Wish {
  readonly cursor?: string | undefined;
  readonly atMost: number;
  readonly mostCalls: number;
  readonly signal?: AbortSignal;
  /** Hears what there is after each call. */
  readonly onPart?: (part: Gathered) => void;
}

/** The most that the API gives at once. */
const PAGE = 100;

/**
 * Builds, newest first, over as many calls as it takes but no more than so many: where a filter matches few, a page of the API's
 * may be short or empty and still have a next one.
 */
export async function gather(api: Api, filters: ListQuery, wish: Wish): Promise<Answer<Gathered>> {
  const { atMost, mostCalls, signal, onPart } = wish;
  const builds: ListedBuild[] = [];
  let cursor = wish.cursor;
  for (let calls = 0; calls < mostCalls && builds.length < atMost; calls += 1) {
    const limit = String(Math.min(PAGE, atMost - builds.length));
    const query = { ...filters, limit, ...(cursor !== undefined && { cursor }) };
    const answer = await api.ask('GET /api/builds', { query, ...(signal && { signal }) });
    if (!answer.ok) return answer;
    builds.push(...answer.value);
    cursor = answer.nextCursor;
    onPart?.({ builds: [...builds], next: cursor });
    if (cursor === undefined) break;
  }
  return { ok: true, value: { builds, next: cursor }, nextCursor: cursor };
}
