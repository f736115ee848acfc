import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, refusalAnswer, send } from './answer.ts';
import { askerOf } from './asker.ts';
import { toAnswer } from './http-answer.ts';
import {
  BodyBroken,
  BodyTooLarge,
  BodyTooSlow,
  encodeBody,
  hasTooLargeBody,
  isTooLargeForLambda,
  MAX_BODY_BYTES,
  readBody,
} from './http-body.ts';
import { type EventContext, toHttpEvent } from './http-event.ts';
import { FunctionTimedOut, type LambdaRuntime } from './lambda-runtime.ts';
import type { FormRefusal, LargeForms } from './large-forms.ts';
import { describeError, logLine } from './log-line.ts';
import type { OwnFiles } from './own-files.ts';
import type { RateLimiter, TooMany } from './rate-limit.ts';
import type { createRouter, Match } from './routes.ts';
import { SENDER_LIMITS } from './sender-limits.ts';

export interface GatewayOptions {
  readonly route: ReturnType<typeof createRouter>;
  readonly runtime: LambdaRuntime;
  readonly clock: () => number;
  /** Absent where files are not stored on this machine: then forms are as large as on AWS. */
  readonly forms?: LargeForms;
  /** Answers with the file itself where a function answers with a link to it. Absent as above. */
  readonly ownFiles?: OwnFiles;
  /** Absent: everybody may ask as often as they like. */
  readonly limiter?: RateLimiter;
  /** Whether the last address in `X-Forwarded-For` is who asks. */
  readonly trustsProxy?: boolean;
  readonly bodyWithinMs?: number;
  /** Sees every answer; `$default` where no route was found. For tests. */
  readonly onAnswer?: ((routeKey: string, answer: Answer) => void) | undefined;
}

interface Asked {
  readonly match: Match | 'bad_path' | undefined;
  readonly path: string;
  readonly rawQueryString: string;
  readonly requestId: string;
}

/** `proceed` tells a client that waits for `100 Continue` to send its body. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, proceed: () => void) => Promise<void>;

const OTHER_WAY =
  'upload the file with POST /api/uploads (a result: POST /api/builds/{id}/uploads), then send its upload_id';

/** An HTTP API in front of the functions: request to event, result to response, with the limits of both. */
export function createGateway(options: GatewayOptions): HttpHandler {
  const { route, runtime, clock, forms, ownFiles, limiter, trustsProxy = false, onAnswer } = options;
  const { bodyWithinMs = SENDER_LIMITS.bodyWithinMs } = options;
  return async (request, response, proceed) => {
    const requestId = randomUUID();
    const { path, rawQueryString } = splitUrl(request.url ?? '/');
    const match = findRoute(request.method ?? '', path);
    const asker = { ...askerOf(request, trustsProxy), match: match === 'bad_path' ? undefined : match };
    const tooMany = limiter?.admit(asker, clock());
    const answer = tooMany
      ? rateLimited(tooMany, requestId)
      : await answerRequest(request, proceed, { match, path, rawQueryString, requestId });
    if (!tooMany) limiter?.answered(asker, answer.status, clock());
    onAnswer?.(typeof match === 'object' ? match.routeKey : '$default', answer);
    if (ownFiles?.isLink(answer)) {
      response.setHeader('apigw-requestid', requestId);
      ownFiles.serve(answer, request, response);
      return;
    }
    const headers = { ...answer.headers, 'apigw-requestid': requestId };
    send(request, response, { ...answer, headers });
  };

  async function answerRequest(request: IncomingMessage, proceed: () => void, asked: Asked): Promise<Answer> {
    const { match, path, rawQueryString, requestId } = asked;
    if (match === 'bad_path')
      return refuse(400, 'invalid_request', 'The path is not valid percent-encoding', requestId);
    if (!match) return refuse(404, 'not_found', `Nothing is at ${path}`, requestId);
    if (forms?.isFor(match.file, request)) {
      const context = { match, path, rawQueryString, requestId, nowMs: clock() };
      return answerForm(forms, request, proceed, context);
    }
    if (hasTooLargeBody(request)) return tooLarge(requestId, `more than ${MAX_BODY_BYTES} bytes`);
    proceed();
    const body = await readBody(request, bodyWithinMs).catch((error: unknown) => refuseBody(error, requestId));
    if (!Buffer.isBuffer(body)) return body;
    const event = toHttpEvent(request, body, { match, path, rawQueryString, requestId, nowMs: clock() });
    if (isTooLargeForLambda(event)) return tooLarge(requestId, 'more than 6 MB as an event, about 4.5 MB of binary');
    return invoke(match.file, event, requestId);
  }

  /** The function is asked twice: by headers and path whether the body may come, then with what has come. */
  async function answerForm(
    forms: LargeForms,
    request: IncomingMessage,
    proceed: () => void,
    context: EventContext,
  ): Promise<Answer> {
    const { match, requestId } = context;
    const { file } = match;
    const refused = ({ status, code, text }: FormRefusal) =>
      refuse(status, code, status === 413 ? `${text}: ${OTHER_WAY}` : text, requestId);
    const early = forms.refusal(file, request);
    if (early) return refused(early);
    const asked = { ...toHttpEvent(request, Buffer.alloc(0), context), front: { isBodyToCome: true } };
    const admission = await invoke(file, asked, requestId);
    if (admission.status !== 204) return admission;
    proceed();
    const answer = await forms.take(file, request, async ({ received, contentType, body }) => {
      const event = toHttpEvent(request, body, context);
      const headers = { ...event.headers, 'content-type': contentType, 'content-length': String(body.length) };
      return invoke(file, { ...event, ...encodeBody(body, contentType), headers, front: { received } }, requestId);
    });
    return 'refused' in answer ? refused(answer) : answer;
  }

  function findRoute(method: string, path: string): Match | 'bad_path' | undefined {
    try {
      return route(method, path);
    } catch (error) {
      if (error instanceof URIError) return 'bad_path';
      throw error;
    }
  }

  async function invoke(file: string, event: unknown, requestId: string): Promise<Answer> {
    try {
      return toAnswer(await runtime.invoke(file, event));
    } catch (error) {
      // Whatever a function throws ends here, as on Lambda: logged, and nothing of it told to the client.
      const isTimeout = error instanceof FunctionTimedOut;
      logLine('error', isTimeout ? 'function_timed_out' : 'function_failed', {
        file,
        requestId,
        error: describeError(error),
      });
      return isTimeout ? timedOut(requestId) : refuse(500, 'internal_error', 'Internal error', requestId);
    }
  }
}

function refuseBody(error: unknown, requestId: string): Answer {
  if (error instanceof BodyTooLarge) return tooLarge(requestId, error.message);
  if (error instanceof BodyTooSlow) return refuse(408, 'request_timeout', 'The body did not arrive in time', requestId);
  if (error instanceof BodyBroken) return refuse(400, 'invalid_request', 'The body is incomplete', requestId);
  throw error;
}

function tooLarge(requestId: string, size: string): Answer {
  return refuse(413, 'payload_too_large', `The request body is too large (${size}): ${OTHER_WAY}`, requestId);
}

/** An HTTP API's own words are only `{"message": …}`; where the front is ours, a client gets what every refusal has. */
const refuse = refusalAnswer;

function timedOut(requestId: string): Answer {
  const answer = refuse(503, 'unavailable', 'Temporarily unavailable; try again', requestId);
  return { ...answer, headers: { ...answer.headers, 'retry-after': '5' } };
}

function rateLimited({ error, retryAfterSeconds }: TooMany, requestId: string): Answer {
  const answer = refuse(429, 'rate_limited', error, requestId);
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

/** `//api/x` comes from a configured address that ends in a slash; it means `/api/x`. */
function splitUrl(url: string): { path: string; rawQueryString: string } {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return { path: path.replace(/\/{2,}/g, '/'), rawQueryString: at < 0 ? '' : url.slice(at + 1) };
}
