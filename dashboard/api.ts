import type { Operations } from '../lib/client/api-types.ts';
import { type Answer, nextCursorOf, type Problem, problemOf } from './answer.ts';

type Name = keyof Operations;
type AnswerOf<O extends Name> = Operations[O]['answer'];
type Rest = {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** What is asked under the same name again is the same request. */
  readonly idempotencyKey?: string;
};
type Part<K extends string, T> = T extends undefined | Readonly<Record<string, never>>
  ? { readonly [P in K]?: undefined }
  : object extends T
    ? { readonly [P in K]?: T }
    : { readonly [P in K]: T };
type Given<O extends Name> = Part<'path', Operations[O]['path']> &
  Part<'query', Operations[O]['query']> &
  Part<'body', Operations[O]['body']> &
  Rest;
type Args<T> = object extends T ? [given?: T] : [given: T];

export interface Api {
  /**
   * Asks once, by the name of the endpoint as `openapi.json` has it, with the key of whoever is signed in. It never
   * throws: what went wrong is a value. `signal` gives up (the answer is then a problem of the kind `away`).
   */
  ask<O extends Name>(operation: O, ...given: Args<Given<O>>): Promise<Answer<AnswerOf<O>>>;
}

export interface ApiOptions {
  /** Where the controller is; endpoints are below it. */
  readonly base: string;
  readonly key: () => string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Sees how each question ended, with the time that the controller's clock showed, in ms, if it said so. */
  readonly onAnswer?: (problem: Problem | undefined, serverTime: number | undefined) => void;
}

/** A function answers within 5 s; what takes longer than this will not come. */
const TIMEOUT_MS = 10_000;

interface Untyped extends Rest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

export function createApi(options: ApiOptions): Api {
  async function ask(operation: string, given: Untyped = {}): Promise<Answer<unknown>> {
    const answer = await send(operation, given);
    // Whoever gave up has not learned anything about the controller.
    if (!given.signal?.aborted) options.onAnswer?.(answer.ok ? undefined : answer.problem, answer.serverTime);
    return answer;
  }

  async function send(operation: string, given: Untyped): Promise<Answer<unknown> & { serverTime?: number }> {
    const { signal, timeoutMs = TIMEOUT_MS, body, idempotencyKey } = given;
    const [method = 'GET', template = ''] = operation.split(' ');
    const key = options.key();
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers: Record<string, string> = {};
    if (key !== undefined) headers['x-api-key'] = key;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    if (method !== 'GET') headers['content-type'] = 'application/json';
    try {
      const response = await options.fetch(urlOf(options.base, template, given), {
        method,
        headers,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        // A key belongs to this controller and to no address that it names.
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
      });
      const serverTime = Date.parse(response.headers.get('date') ?? '');
      return { ...(await read(response)), ...(serverTime > 0 && { serverTime }) };
    } catch (error) {
      return { ok: false, problem: noAnswer(error) };
    }
  }

  // Each endpoint's types are those of the description that the controller's own tests hold its answers against.
  return { ask: ask as Api['ask'] };
}

async function read(response: Response): Promise<Answer<unknown>> {
  const body: unknown = await response.json().catch((error: unknown) => {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  });
  if (!response.ok) {
    return { ok: false, problem: problemOf(response.status, body, response.headers.get('retry-after')) };
  }
  if (typeof body === 'object' && body !== null) {
    return { ok: true, value: body, nextCursor: nextCursorOf(response.headers.get('link')) };
  }
  // A proxy's page in the controller's place, say.
  return { ok: false, problem: { kind: 'away', code: undefined, text: 'What answered was not the controller' } };
}

function urlOf(base: string, template: string, { path = {}, query = {} }: Untyped): string {
  const filled = template.replaceAll(/\{(\w+)\}/g, (_whole, part: string) => encodeURIComponent(path[part] ?? ''));
  const url = new URL(filled.slice(1), base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url.href;
}

function noAnswer(error: unknown): Problem {
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  const text = isTimeout ? 'The controller did not answer in time' : 'The controller cannot be reached';
  return { kind: 'away', code: undefined, text };
}
