import { describe, expect, it, vi } from 'vitest';
import { nextCursorOf, type Problem } from '../../dashboard/answer.ts';
import { type Api, type ApiOptions, createApi } from '../../dashboard/api.ts';

type Fetch = typeof globalThis.fetch;
const KEY = 'k'.repeat(43);

function apiOf(fetch: Fetch, more: Partial<ApiOptions> = {}): Api {
  return createApi({ base: 'https://builds.example.com/sub/', key: () => KEY, fetch, ...more });
}

const answering = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.fn<Fetch>(async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }));
const refusal = (code: string) => ({ error: 'why', code, requestId: 'r' });

describe('the page’s way to the API', () => {
  it('asks below where the page is, with the key in a header and nowhere else', async () => {
    const fetch = answering(200, { builds: [] });
    await apiOf(fetch).ask('GET /api/builds/{id}/events', { path: { id: '../a b?c' } });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe('https://builds.example.com/sub/api/builds/..%2Fa%20b%3Fc/events');
    expect(init).toMatchObject({
      method: 'GET',
      headers: { 'x-api-key': KEY },
      redirect: 'error',
      credentials: 'omit',
    });
    expect(init).not.toHaveProperty('body');
  });

  it('sends a body as JSON, and a query without what is not said', async () => {
    const fetch = answering(200, { success: true });
    const api = apiOf(fetch);
    await api.ask('POST /api/workers/{worker_id}/drain', { path: { worker_id: 'w' }, body: { draining: true } });
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: 'POST', body: '{"draining":true}' });
    await api.ask('GET /api/workers', { query: { limit: '5', cursor: undefined } });
    expect(fetch.mock.calls[1]?.[0]).toBe('https://builds.example.com/sub/api/workers?limit=5');
  });

  it('sends the name of a request that must not count twice', async () => {
    const fetch = answering(200, { id: 'b2' });
    await apiOf(fetch).ask('POST /api/builds/{id}/retry', { path: { id: 'b1' }, idempotencyKey: 'one' });
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ headers: { 'idempotency-key': 'one' } });
  });

  it('gives the answer and the cursor of the next page', async () => {
    const link = '</api/workers?limit=5&cursor=a%2Bb>; rel="next"';
    const answer = await apiOf(answering(200, { workers: [] }, { link })).ask('GET /api/workers');
    expect(answer).toMatchObject({ ok: true, value: { workers: [] }, nextCursor: 'a+b' });
  });

  it.each([
    [401, refusal('missing_credential'), { kind: 'signed_out', code: 'missing_credential' }],
    [403, refusal('invalid_credential'), { kind: 'signed_out', code: 'invalid_credential' }],
    [403, refusal('scope_missing'), { kind: 'refused', code: 'scope_missing', text: 'why' }],
    [409, refusal('wrong_state'), { kind: 'refused', code: 'wrong_state' }],
    [404, refusal('build_not_found'), { kind: 'not_found', code: 'build_not_found' }],
    [500, refusal('internal_error'), { kind: 'away', code: 'internal_error' }],
    [503, { message: 'Service Unavailable' }, { kind: 'away', text: 'The controller answered 503' }],
    [502, '<html>Bad Gateway</html>', { kind: 'away', text: 'The controller answered 502' }],
  ])('makes of a %d with %j a problem that says what to do', async (status, body, problem) => {
    const answer = await apiOf(answering(status, body)).ask('GET /api/workers');
    expect(answer).toMatchObject({ ok: false, problem });
  });

  it('knows how long it is asked to wait', async () => {
    const fetch = answering(429, refusal('rate_limited'), { 'retry-after': '7' });
    expect(await apiOf(fetch).ask('GET /api/workers')).toMatchObject({
      problem: { kind: 'away', retryAfterMs: 7_000 },
    });
  });

  it('takes another’s page in the controller’s place for no answer', async () => {
    const answer = await apiOf(answering(200, '<html>Sign in to the hotel’s network</html>')).ask('GET /api/workers');
    expect(answer).toMatchObject({ ok: false, problem: { kind: 'away' } });
  });

  it('says that nobody is there, and that it took too long', async () => {
    const gone = apiOf(async () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await gone.ask('GET /api/workers')).toMatchObject({ problem: { kind: 'away', text: /cannot be reached/ } });
    const slow = apiOf(hanging);
    const answer = await slow.ask('GET /api/workers', { timeoutMs: 5 });
    expect(answer).toMatchObject({ problem: { kind: 'away', text: 'The controller did not answer in time' } });
  });

  it('tells how each question ended and what time it is there, but not of one that was given up', async () => {
    const heard: [Problem | undefined, number | undefined][] = [];
    const onAnswer: NonNullable<ApiOptions['onAnswer']> = (...told) => void heard.push(told);
    const date = 'Thu, 26 Nov 2026 04:00:00 GMT';
    await apiOf(answering(200, {}, { date }), { onAnswer }).ask('GET /api/workers');
    await apiOf(answering(503, {}), { onAnswer }).ask('GET /api/workers');
    expect(heard).toEqual([
      [undefined, Date.parse(date)],
      [expect.objectContaining({ kind: 'away' }), undefined],
    ]);
    const giveUp = new AbortController();
    const asked = apiOf(hanging, { onAnswer }).ask('GET /api/workers', { signal: giveUp.signal });
    giveUp.abort();
    expect(await asked).toMatchObject({ ok: false });
    expect(heard).toHaveLength(2);
  });

  it('asks without a key where there is none', async () => {
    const fetch = answering(200, {});
    await apiOf(fetch, { key: () => undefined }).ask('GET /api/stats');
    expect(fetch.mock.calls[0]?.[1]?.headers).toEqual({});
  });
});

/** Like the browser's: it ends only when it is aborted. */
const hanging: Fetch = (_input, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
  });

it.each([
  [null, undefined],
  ['</x?cursor=a>; rel="prev"', undefined],
  ['</x?cursor=a>; rel=next', 'a'],
  ['</x>; rel="next"', undefined],
])('of the header %s the next cursor is %s', (link, cursor) => expect(nextCursorOf(link)).toBe(cursor));
