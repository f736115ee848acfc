import * as z from 'zod/mini';
import { ApiError, Unreachable } from './api-error.ts';
import type { Clock } from './clock.ts';
import { parseJson } from './parse-json.ts';
import { joinUrl } from './urls.ts';

export interface Connection {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: z.ZodMiniType<T>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  readonly body: T;
  readonly headers: Headers;
  /** When the request left, on the monotonic clock: what the controller granted began no earlier. */
  readonly sentAt: number;
}

/** The controller's handlers answer within 10 s; the rest is for the network. */
const CALL_TIMEOUT_MS = 15_000;

/** One request and its parsed answer. Throws `ApiError` for a refusal, `Unreachable` when there is no answer. */
export async function callOnce<T>(connection: Connection, call: Call<T>): Promise<Answer<T>> {
  const url = new URL(joinUrl(connection.baseUrl, call.path));
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const timeout = AbortSignal.timeout(call.timeoutMs ?? CALL_TIMEOUT_MS);
  const sentAt = connection.clock.now();
  const { response, text } = await answered(url.origin, call.signal, async () => {
    const response = await fetch(url, {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
        ...call.credentials,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: 'manual',
      signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    });
    return { response, text: await response.text() };
  });
  if (response.status < 200 || response.status > 299) throw toApiError(response, text);
  return { body: parseAnswer(response.status, text, call), headers: response.headers, sentAt };
}

/** Turns what fetch throws into `Unreachable`, except the caller's own abort. */
export async function answered<T>(origin: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    signal?.throwIfAborted();
    if (!isNetworkFault(error)) throw error;
    throw new Unreachable(`no answer from ${origin}: ${networkReason(error)}`, { cause: error });
  }
}

/** fetch reports the network's faults as a TypeError, also from within a body. */
function isNetworkFault(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'timed out';
  const { cause } = error;
  // A refused connection to a name with several addresses is an AggregateError without a message.
  if (cause instanceof AggregateError && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : error.message;
}

const ErrorBody = z.object({
  error: z.optional(z.string()),
  message: z.optional(z.string()),
  code: z.optional(z.string()),
  requestId: z.optional(z.string()),
});

export function toApiError(response: Response, text: string): ApiError {
  const { status, headers } = response;
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location) {
    // Following it would hand the credentials to whoever answers there.
    return new ApiError(status, 'redirected', `the controller redirects to ${location}: use that address as its URL`);
  }
  const parsed = z.safeParse(ErrorBody, parseJson(text));
  const body = parsed.success ? parsed.data : {};
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), headers.get('date'));
  return new ApiError(status, body.code ?? `http_${status}`, body.error ?? body.message ?? `HTTP ${status}`, {
    ...(body.requestId === undefined ? {} : { requestId: body.requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Seconds, or a date: then measured against the server's own clock. */
function parseRetryAfter(value: string | null, serverDate: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const ms = Date.parse(value) - Date.parse(serverDate ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function parseAnswer<T>(status: number, text: string, call: Call<T>): T {
  const parsed = z.safeParse(call.answer, parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  throw new ApiError(
    status,
    'bad_answer',
    `${call.method} ${call.path}: not an answer of a Buildlatch controller${where}`,
  );
}
