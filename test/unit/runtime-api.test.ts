import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { Rejection, type RejectionCode } from '../../lib/domain/rejection.ts';
import { api, type Reply } from '../../lib/runtime/api.ts';
import { currentDeadline } from '../../lib/runtime/deadline.ts';
import { aBuild, aContext, aGate, anEvent } from '../support/builders.ts';
import { loggedEvents } from '../support/quiet.ts';

const ok: Reply = { status: 200, body: { fine: true } };
const AnyInput = z.object({});
type Handler = ReturnType<typeof api>;

async function call(handler: Handler, event: Partial<APIGatewayProxyEventV2> = {}, remainingMs?: number) {
  const { statusCode, headers, body = '', ...rest } = await handler(anEvent(event), aContext(remainingMs));
  return { status: statusCode, headers, text: body, json: rest.isBase64Encoded ? undefined : JSON.parse(body) };
}

const throwing = (error: unknown) =>
  api({ access: 'health', input: AnyInput }, async () => {
    throw error;
  });

describe('the pipeline of a request', () => {
  it('asks who it is before it reads the body', async () => {
    const readBody = vi.fn();
    const run = vi.fn();
    const handler = api({ access: 'list-builds', gate: aGate(), input: AnyInput, readBody }, run);
    const { status, json } = await call(handler, { body: '{' });
    expect([status, json.code]).toEqual([401, 'missing_credential']);
    expect([readBody.mock.calls, run.mock.calls]).toEqual([[], []]);
  });

  it('gives the handler what its line of the table promises, and logs who acted', async () => {
    const build = aBuild('pending');
    const run = vi.fn(async () => ok);
    const gate = aGate({ builds: { get: async () => build } });
    const handler = api({ access: 'build-status', gate, input: z.object({ id: z.string() }) }, run);
    const event = { headers: { 'x-api-key': 'k'.repeat(43) }, pathParameters: { id: build.id } };
    expect((await call(handler, event)).status).toBe(200);
    expect(run).toHaveBeenCalledWith({ id: build.id }, expect.objectContaining({ build }));
    expect(loggedEvents('request_done')).toEqual([expect.objectContaining({ by: 'key root' })]);
  });

  it('lets the path win over the body, and the body over the query', async () => {
    const input = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.optional(z.string()) });
    const seen = vi.fn();
    const handler = api({ access: 'health', input }, async (found) => {
      seen(found);
      return ok;
    });
    const event = {
      queryStringParameters: { a: 'query', b: 'query', c: 'query' },
      body: JSON.stringify({ a: 'body', b: 'body', unknown: 'dropped', __proto__: { d: 'hidden' } }),
      pathParameters: { a: 'path' },
    };
    expect((await call(handler, event)).status).toBe(200);
    expect(seen).toHaveBeenCalledWith({ a: 'path', b: 'body', c: 'query' });
  });

  it('reads a body that came as base64, and none as an empty object', async () => {
    const handler = api({ access: 'health', input: z.object({ a: z.optional(z.number()) }) }, async ({ a }) => ({
      status: 200,
      body: { a },
    }));
    const body = Buffer.from('{"a":1}').toString('base64');
    expect((await call(handler, { body, isBase64Encoded: true })).json).toEqual({ a: 1 });
    expect((await call(handler, { body: ' \r\n' })).json).toEqual({});
    expect((await call(handler)).json).toEqual({});
  });

  it('answers JSON that nobody may keep, with its own headers, or bytes', async () => {
    const json = api({ access: 'health', input: AnyInput }, async () => ({
      ...ok,
      status: 201,
      headers: { link: '<x>' },
    }));
    expect(await call(json)).toMatchObject({
      status: 201,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', link: '<x>' },
      text: '{"fine":true}',
    });
    const bytes = api({ access: 'health', input: AnyInput }, async () => ({
      status: 200,
      bytes: Buffer.from([0, 255]),
      headers: { 'content-type': 'x' },
    }));
    expect(await call(bytes)).toMatchObject({ text: 'AP8=', headers: { 'content-type': 'x' } });
  });

  it('logs one line for each request, with its id, and nothing that was sent', async () => {
    const headers = { 'x-api-key': 'a-secret-key' };
    await call(
      api({ access: 'health', input: AnyInput }, async () => ok),
      { headers, body: '{"token":"a-secret-token"}' },
    );
    expect(loggedEvents()).toEqual([
      expect.objectContaining({ event: 'request_done', level: 'info', requestId: 'request-1', status: 200 }),
    ]);
    expect(JSON.stringify(loggedEvents())).not.toContain('secret');
  });
});

describe('a failed request', () => {
  const STATUS: Record<RejectionCode, number> = {
    invalid_request: 400,
    missing_credential: 401,
    invalid_credential: 403,
    scope_missing: 403,
    worker_token_invalid: 401,
    vm_token_invalid: 401,
    otp_refused: 401,
    not_found: 404,
    build_not_found: 404,
    worker_not_found: 404,
    key_not_found: 404,
    result_not_found: 404,
    source_missing: 404,
    invalid_certs: 400,
    certs_not_found: 404,
    certs_gone: 400,
    not_assigned: 403,
    build_not_completed: 400,
    already_finished: 400,
    not_finished: 400,
    source_gone: 400,
    repeated_differently: 409,
    lease_lost: 409,
    build_cancelled: 410,
    build_finished: 410,
    wrong_state: 409,
    upload_missing: 400,
    upload_not_found: 404,
    upload_incomplete: 409,
    upload_damaged: 400,
    payload_too_large: 413,
    unreadable_record: 500,
    contended: 503,
    unavailable: 503,
  };

  it.each(Object.entries(STATUS) as [RejectionCode, number][])('%s is answered %i', async (code, status) => {
    const answer = await call(throwing(new Rejection(code, 'the reason')));
    expect(answer).toMatchObject({ status, json: { error: 'the reason', code, requestId: 'request-1' } });
    expect(answer.headers).toEqual(
      status === 503
        ? expect.objectContaining({ 'retry-after': '5' })
        : expect.not.objectContaining({ 'retry-after': expect.anything() }),
    );
    expect(loggedEvents().map(({ level }) => level)).toEqual([{ 500: 'error', 503: 'warn' }[status] ?? 'info']);
  });

  it('for no expected reason tells nothing, and is logged once with its stack', async () => {
    const cause = new TypeError('the cause');
    const answer = await call(throwing(new Error('table buildlatch-prod is gone', { cause })));
    expect(answer).toMatchObject({
      status: 500,
      json: { error: 'Internal error', code: 'internal_error', requestId: 'request-1' },
    });
    expect(Object.keys(answer.json)).toEqual(['error', 'code', 'requestId']);
    const [line, ...more] = loggedEvents();
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      event: 'request_failed',
      level: 'error',
      error: {
        message: 'table buildlatch-prod is gone',
        stack: expect.stringContaining('runtime-api.test.ts'),
        cause: { message: 'the cause' },
      },
    });
  });

  const named = (name: string, more: object = {}) => Object.assign(new Error('from outside'), { name, ...more });
  const throttledPart = new TransactionCanceledException({
    message: 'x',
    $metadata: {},
    CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError' }],
  });

  it.each([
    ['a throttle', named('ThrottlingException')],
    ['a throttle of the table', named('ProvisionedThroughputExceededException')],
    ['a throttled part of a transaction', throttledPart],
    ['a timeout', named('TimeoutError')],
    ['our own deadline', named('AbortError')],
    ['a lost connection', named('Error', { code: 'ECONNRESET' })],
    ['nobody there', named('Error', { code: 'ECONNREFUSED' })],
    [
      'an error on the other side',
      named('InternalServerError', { $fault: 'server', $metadata: { httpStatusCode: 500 } }),
    ],
    ['a transaction still running', named('TransactionInProgressException')],
  ])('that %s caused is temporary', async (_what, error) => {
    const answer = await call(throwing(error));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, json: { code: 'unavailable' } });
    expect(answer.text).not.toContain('outside');
    expect(loggedEvents()).toEqual([expect.objectContaining({ event: 'request_unavailable', level: 'warn' })]);
  });

  it.each([
    ['a bad request of ours', named('ValidationException', { $fault: 'client', $metadata: { httpStatusCode: 400 } })],
    ['a missing permission', named('AccessDeniedException', { $metadata: { httpStatusCode: 403 } })],
    ['no error at all', 'a string'],
  ])('that %s caused is not', async (_what, error) => {
    expect((await call(throwing(error))).status).toBe(500);
  });

  it('for bad input says the first thing that is wrong', async () => {
    const input = z.object({ a: z.int('a must be a number'), b: z.string() });
    const texts = await Promise.all(
      ['{"b":"x"}', '{"a":1}', '[]', '{'].map(
        async (body) =>
          (
            await call(
              api({ access: 'health', input }, async () => ok),
              { body },
            )
          ).json,
      ),
    );
    expect(texts.map(({ code }) => code)).toEqual(Array(4).fill('invalid_request'));
    expect(texts.map(({ error }) => error)).toEqual([
      'a must be a number',
      expect.stringMatching(/^b: /),
      'The body must be a JSON object',
      'The body is not valid JSON',
    ]);
  });
});

describe('a request that takes too long', () => {
  it('is answered half a second before Lambda would end it, and its AWS calls are aborted', async () => {
    let signal: AbortSignal | undefined;
    const handler = api({ access: 'health', input: AnyInput }, () => {
      signal = currentDeadline();
      return new Promise<Reply>(() => {});
    });
    const answer = await call(handler, {}, 501);
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      json: { code: 'unavailable', requestId: 'request-1' },
    });
    expect(signal?.aborted).toBe(true);
    expect(currentDeadline()).toBeUndefined();
  });

  it('is answered at once when there is no time left', async () => {
    const never = api({ access: 'health', input: AnyInput }, () => new Promise<Reply>(() => {}));
    expect((await call(never, {}, 0)).status).toBe(503);
  });
});
