import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { Rejection } from '../domain/rejection.ts';
import { ACCESS, type Endpoint, type Rule, type SubjectOf } from './access.ts';
import { type AdmittedTo, admit, type BuildGate, type Gate, identify, type Naming } from './admission.ts';
import type { AdmitBody } from './admit-body.ts';
import { type Body, jsonBody, type UploadedFile } from './body.ts';
import { withDeadline } from './deadline.ts';
import { frontOf, type ReceivedPart } from './front.ts';
import { failureOf } from './http-errors.ts';
import { log } from './log.ts';

/** Names in lower case, as API Gateway gives them. */
export type Headers = Readonly<Record<string, string | undefined>>;

export interface ApiRequest {
  readonly path: string;
  readonly headers: Headers;
  readonly files: Readonly<Record<string, UploadedFile>>;
  /** File parts that were stored on their way; see `sentFile`. */
  readonly received: Readonly<Record<string, ReceivedPart>>;
  readonly isMultipart: boolean;
}

export type Reply = { readonly status: number; readonly headers?: Readonly<Record<string, string>> } & (
  | { readonly body: unknown }
  | { readonly bytes: Uint8Array }
);

type Event = APIGatewayProxyEventV2;
type Result = APIGatewayProxyStructuredResultV2;

/** The answer must leave before Lambda ends the function: half a second for it to be written and sent. */
const ANSWER_BEFORE_MS = 500;

type Options<E extends Endpoint, S> = {
  /** The line of the access table that says who is let in, and what the handler is given of them. */
  readonly access: E;
  /**
   * For the fields of query, body and path together; on equal names the path wins, then the body. What it does not name
   * is dropped. Refused input is a 400.
   */
  readonly input: S;
  /** How the body is read; JSON where nothing is said. */
  readonly readBody?: (event: Event) => Promise<Body>;
  /** Refuses a body that is too large to be taken from just anybody; needed where others than projects send such. */
  readonly admitBody?: AdmitBody;
} & (SubjectOf<E> extends 'anyone' ? object : { readonly gate: SubjectOf<E> extends 'build' ? BuildGate : Gate });

/**
 * The pipeline of an HTTP function: admit, parse, run, log, map errors.
 *
 * @param run answers, or throws a `Rejection`; anything else thrown is a 503 if temporary and else a 500.
 */
export function api<const E extends Endpoint, S extends z.ZodMiniType<Naming[SubjectOf<E>]>>(
  options: Options<E, S>,
  run: (input: z.output<S>, request: ApiRequest & AdmittedTo<E>) => Promise<Reply>,
) {
  const { input, readBody = async (event: Event) => jsonBody(event) } = options;
  const rule: Rule = ACCESS[options.access];
  const gate = 'gate' in options ? options.gate : undefined;
  async function answer(event: Event, _context: Context, { signal }: { signal: AbortSignal }): Promise<Result> {
    const startedAt = performance.now();
    const requestId = requestIdOf(event);
    const inTime = <T>(work: () => Promise<T>) => withDeadline(signal, work, requestId);
    const caller = await inTime(() => admit(rule, gate, event.headers));
    const { isBodyToCome, received = {} } = frontOf(event);
    if (isBodyToCome) {
      const { admitBody = onlyProjects } = options;
      await inTime(() => admitBody(rule, gate, caller, event.pathParameters?.['id']));
      return { statusCode: 204 };
    }
    const body = await readBody(event);
    const fields = { ...event.queryStringParameters, ...body.fields, ...event.pathParameters };
    const parsed = z.safeParse(input, fields);
    if (!parsed.success) throw new Rejection('invalid_request', refusalText(parsed.error));
    const { files, isMultipart } = body;
    const request = { path: event.rawPath, headers: event.headers, files, received, isMultipart };
    const { by, reply } = await inTime(async () => {
      // Made by the same line of the table whose promise `run` is typed with.
      const admitted = (await identify(rule, gate, caller, parsed.data)) as AdmittedTo<E>;
      return { by: admitted.by, reply: await run(parsed.data, { ...request, ...admitted }) };
    });
    const ms = Math.round(performance.now() - startedAt);
    log({ event: 'request_done', requestId, route: event.routeKey, status: reply.status, ms, ...(by && { by }) });
    return render(reply);
  }
  return middy<Event, Result>({ timeoutEarlyInMillis: ANSWER_BEFORE_MS, timeoutEarlyResponse: tooLate })
    .handler(answer)
    .onError((request) => {
      request.response = renderFailure(request.event, request.error);
    });
}

/** Its key has been looked at. */
const onlyProjects: AdmitBody = async (rule) => {
  if (rule.for !== 'project') throw new Rejection('payload_too_large', 'The request body is too large');
};

function tooLate(): never {
  throw new Rejection('unavailable', 'The answer took too long; try again');
}

/** The first thing that is wrong, in the words of the contract where the schema has them. */
function refusalText(error: z.core.$ZodError): string {
  const [issue] = error.issues;
  if (!issue) return 'Invalid request';
  const field = issue.path.join('.');
  if (field && /^(is|must) /.test(issue.message)) return `${field} ${issue.message}`;
  // The validator's own words do not name the field.
  return field && /^(Invalid input|Invalid option|Too)\b/.test(issue.message)
    ? `${field}: ${issue.message}`
    : issue.message;
}

function renderFailure(event: Event, error: unknown): Result {
  const requestId = requestIdOf(event);
  const route = event.routeKey;
  const { status, code, error: text, headers } = failureOf(error);
  if (status === 500) log({ event: 'request_failed', requestId, route, error });
  else if (status === 503) log({ event: 'request_unavailable', requestId, route, error });
  else log({ event: 'request_done', requestId, route, status, ms: 0, code });
  return { ...render({ status, headers, body: { error: text, code, requestId } }) };
}

function requestIdOf(event: Event): string {
  return event.requestContext?.requestId ?? '';
}

function render(reply: Reply): Result {
  if ('bytes' in reply) {
    const body = Buffer.from(reply.bytes).toString('base64');
    return { statusCode: reply.status, headers: { ...reply.headers }, body, isBase64Encoded: true };
  }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...reply.headers };
  return { statusCode: reply.status, headers, body: JSON.stringify(reply.body) };
}
