import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { FunctionDefinition } from '../../infra/function-definition.ts';
import { createFront } from '../../infra/local/front.ts';
import { createGateway } from '../../infra/local/gateway.ts';
import { FunctionTimedOut, type LambdaHandler, startLambdaRuntime } from '../../infra/local/lambda-runtime.ts';
import { type Listener, listen } from '../../infra/local/listen.ts';
import { createRouter } from '../../infra/local/routes.ts';

const NOW = Date.UTC(2020, 2, 12, 19, 3, 58);
const MIB = 1024 * 1024;

const api = (file: string, ...routes: string[]): FunctionDefinition => ({
  file: `api/${file}`,
  trigger: { kind: 'http', routes },
  timeoutSeconds: 5,
  memoryMb: 256,
  env: [],
  may: [],
});

const FUNCTIONS = [
  api('build-status', 'GET /api/builds/{id}/status'),
  api('list-builds', 'GET /api/builds'),
  api('cancel-build', 'POST /api/builds/{id}'),
  api('submit-build', 'POST /api/builds/submit', 'POST /api/builds'),
  api('not-found', '$default'),
];

let front: Listener;
let handler: LambdaHandler;
let calls: { file: string; event: APIGatewayProxyEventV2 }[];

beforeAll(async () => {
  const load =
    async (file: string): Promise<LambdaHandler> =>
    async (event, context) => {
      calls.push({ file, event: event as APIGatewayProxyEventV2 });
      return handler(event, context);
    };
  const runtime = await startLambdaRuntime(FUNCTIONS, load);
  const gateway = createGateway({ route: createRouter(FUNCTIONS), runtime, clock: () => NOW });
  front = await listen(createFront(Promise.resolve(gateway)), 0, '127.0.0.1');
});

beforeEach(() => {
  calls = [];
  handler = async () => ({ statusCode: 200, body: 'ok' });
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(() => front.close(0));

function muteLog() {
  return vi.spyOn(process.stderr, 'write').mockReturnValue(true);
}

async function eventOf(path: string, init: RequestInit = {}) {
  await (await fetch(front.url + path, init)).text();
  return calls[0]?.event;
}

function send(method: string, path: string, headers: Record<string, string | number | string[]>): ClientRequest {
  const { port } = new URL(front.url);
  return httpRequest({ host: '127.0.0.1', port, method, path, headers });
}

const answerOf = (request: ClientRequest) =>
  new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject));

test('makes the event of payload format 2.0 that AWS documents', async () => {
  const request = send('POST', '/api/builds/submit?parameter1=value1&parameter1=value2&parameter2=value', {
    host: 'builds.example.com',
    cookie: 'cookie1; cookie2=x',
    header1: 'value1',
    header2: ['value1', 'value2'],
    'user-agent': 'agent',
    'content-type': 'application/json',
    'x-forwarded-for': '203.0.113.9',
    'x-amzn-trace-id': 'Root=1-given',
  });
  request.end('{"a":1}');
  await text(await answerOf(request));
  const port = new URL(front.url).port;
  expect(calls[0]?.event).toEqual({
    version: '2.0',
    routeKey: 'POST /api/builds/submit',
    rawPath: '/api/builds/submit',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1', 'cookie2=x'],
    headers: {
      host: 'builds.example.com',
      header1: 'value1',
      header2: 'value1,value2',
      'user-agent': 'agent',
      'content-type': 'application/json',
      'content-length': '7',
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': port,
      'x-amzn-trace-id': 'Root=1-given',
    },
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'builds.example.com',
      domainPrefix: 'builds',
      http: {
        method: 'POST',
        path: '/api/builds/submit',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'agent',
      },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      routeKey: 'POST /api/builds/submit',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: NOW,
    },
    body: '{"a":1}',
    isBase64Encoded: false,
  });
});

test('leaves out what a request does not have', async () => {
  const event = await eventOf('/api/builds');
  expect(event).not.toHaveProperty('body');
  expect(event).not.toHaveProperty('cookies');
  expect(event).not.toHaveProperty('pathParameters');
  expect(event).not.toHaveProperty('queryStringParameters');
  expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
});

test.each([
  ['GET', '/api/builds/submit/status', 'api/build-status', { id: 'submit' }],
  ['GET', '/api/builds/a%2Fb%20c/status?x=1', 'api/build-status', { id: 'a/b c' }],
  ['GET', '//api///builds', 'api/list-builds', undefined],
  ['POST', '/api/builds/submit', 'api/submit-build', undefined],
  ['POST', '/api/builds/other', 'api/cancel-build', { id: 'other' }],
  ['PUT', '/api/builds/submit', 'api/not-found', undefined],
  ['GET', '/api/builds/', 'api/not-found', undefined],
  ['GET', '/api/builds//status', 'api/not-found', undefined],
  ['HEAD', '/api/builds', 'api/not-found', undefined],
])('routes %s %s to %s', async (method, path, file, pathParameters) => {
  await fetch(front.url + path, { method });
  expect(calls[0]?.file).toBe(file);
  expect(calls[0]?.event.pathParameters).toEqual(pathParameters);
});

test('gives every request its own id, and the client the same one', async () => {
  const first = await fetch(`${front.url}/api/builds`);
  const second = await fetch(`${front.url}/api/builds`);
  const ids = calls.map(({ event }) => event.requestContext.requestId);
  expect([first, second].map(({ headers }) => headers.get('apigw-requestid'))).toEqual(ids);
  expect(ids[0]).not.toBe(ids[1]);
});

test('refuses a path that cannot be decoded', async () => {
  const response = await fetch(`${front.url}/api/builds/%ff/status`);
  expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_request' }]);
  expect(calls).toEqual([]);
});

test.each([
  ['text/plain', 'grün', false],
  ['application/problem+json', '{}', false],
  ['application/x-www-form-urlencoded', 'a=b', false],
  ['application/octet-stream', 'abc', true],
  ['multipart/form-data; boundary=x', 'abc', true],
])('passes a body of type %s (base64: %s: %s)', async (type, body, isBase64Encoded) => {
  const event = await eventOf('/api/builds', { method: 'POST', headers: { 'content-type': type }, body });
  const expected = isBase64Encoded ? Buffer.from(body).toString('base64') : body;
  expect(event).toMatchObject({ body: expected, isBase64Encoded });
});

test('passes bytes that are no text as base64, whatever type they claim', async () => {
  const body = Buffer.from([0xff, 0xfe, 0x00]);
  const event = await eventOf('/api/builds', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(event).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
});

test.each([
  ['a plain object', { hello: 1 }, 200, 'application/json', '{"hello":1}'],
  ['a string', 'hello', 200, 'application/json', 'hello'],
  ['a status and nothing else', { statusCode: 202 }, 202, 'text/plain;charset=UTF-8', ''],
  [
    'base64',
    { statusCode: 200, headers: { 'Content-Type': 'image/png' }, body: 'aGk=', isBase64Encoded: true },
    200,
    'image/png',
    'hi',
  ],
  ['no content', { statusCode: 204 }, 204, 'text/plain;charset=UTF-8', ''],
])('sends %s as an HTTP API does', async (_, result, status, type, body) => {
  handler = async () => result;
  const response = await fetch(`${front.url}/api/builds`);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([status, type, body]);
});

test('sends headers and cookies', async () => {
  handler = async () => ({ statusCode: 302, headers: { location: '/x', 'x-n': 5 }, cookies: ['a=1', 'b=2; HttpOnly'] });
  const { headers } = await fetch(`${front.url}/api/builds`, { redirect: 'manual' });
  expect([headers.get('location'), headers.get('x-n'), headers.getSetCookie()]).toEqual([
    '/x',
    '5',
    ['a=1', 'b=2; HttpOnly'],
  ]);
});

test('answers HEAD without the body but with its length', async () => {
  const response = await fetch(`${front.url}/nowhere`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '2', '']);
});

test.each([
  ['throws', () => Promise.reject(new Error('secret')), 500, 'internal_error', null, 'function_failed'],
  ['answers nonsense', async () => ({ statusCode: 'ok' }), 500, 'internal_error', null, 'function_failed'],
  [
    'answers more than 6 MB',
    async () => ({ statusCode: 200, body: 'x'.repeat(6 * MIB + 100) }),
    500,
    'internal_error',
    null,
    'function_failed',
  ],
  ['takes too long', () => Promise.reject(new FunctionTimedOut('5 s')), 503, 'unavailable', '5', 'function_timed_out'],
])('hides a function that %s, and logs it', async (_, run, status, code, retryAfter, logged) => {
  const log = muteLog();
  handler = run;
  const response = await fetch(`${front.url}/api/builds`);
  const requestId = response.headers.get('apigw-requestid');
  expect([response.status, await response.json()]).toEqual([status, { error: expect.any(String), code, requestId }]);
  expect(response.headers.get('retry-after')).toBe(retryAfter);
  expect(log.mock.calls.map(([line]) => JSON.parse(String(line)).event)).toEqual([logged]);
});

const post = (sizeBytes: number, type = 'application/octet-stream') =>
  fetch(`${front.url}/api/builds`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: Buffer.alloc(sizeBytes, '"'),
  });

test('accepts 4.5 MB of binary, and names the other way above what Lambda carries', async () => {
  expect((await post(4_500_000)).status).toBe(200);
  const response = await post(4_800_000);
  expect([response.status, await response.json()]).toEqual([
    413,
    {
      error: expect.stringMatching(/upload the file with POST \/api\/uploads .*, then send its upload_id$/),
      code: 'payload_too_large',
      requestId: response.headers.get('apigw-requestid'),
    },
  ]);
  expect(calls.length).toBe(1);
});

test('counts what JSON makes of a text body, not its own length', async () => {
  expect((await post(3 * MIB + 200_000, 'text/plain')).status).toBe(413);
  expect((await post(3 * MIB - 200_000, 'text/plain')).status).toBe(200);
});

test('refuses a body over 10 MB by its declared length, while it is still being sent', async () => {
  const request = send('POST', '/api/builds', { 'content-length': 500 * MIB });
  request.write(Buffer.alloc(64 * 1024));
  const response = await answerOf(request);
  expect([response.statusCode, JSON.parse(await text(response))]).toMatchObject([413, { code: 'payload_too_large' }]);
  request.destroy();
});

test('refuses a chunked body when it passes 10 MB, and lets its sender finish', async () => {
  const request = send('POST', '/api/builds', { 'transfer-encoding': 'chunked' });
  const answered = answerOf(request);
  const write = () => new Promise((resolve) => request.write(Buffer.alloc(MIB), resolve));
  for (let n = 0; n < 11; n++) await write();
  const response = await answered;
  for (let n = 0; n < 20; n++) await write();
  request.end();
  expect([response.statusCode, JSON.parse(await text(response))]).toMatchObject([413, { code: 'payload_too_large' }]);
  expect(calls).toEqual([]);
});

test('says 100 Continue before a body it will take, and refuses at once one it will not', async () => {
  const small = send('POST', '/api/builds', {
    expect: '100-continue',
    'content-type': 'text/plain',
    'content-length': 5,
  });
  small.once('continue', () => small.end('hello'));
  small.flushHeaders();
  await text(await answerOf(small));
  expect(calls[0]?.event.body).toBe('hello');

  const big = send('POST', '/api/builds', { expect: '100-continue', 'content-length': 11 * MIB });
  let isContinued = false;
  big.once('continue', () => {
    isContinued = true;
  });
  big.flushHeaders();
  const response = await answerOf(big);
  expect([response.statusCode, response.headers.connection, isContinued]).toEqual([413, 'close', false]);
  big.destroy();
});

test('does not call a function for a sender that goes away', async () => {
  const { port } = new URL(front.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('POST /api/builds HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf');
  socket.destroySoon();
  await new Promise((resolve) => socket.once('close', resolve));
  await eventOf('/api/builds');
  expect(calls.map(({ event }) => event.requestContext.http.method)).toEqual(['GET']);
});

test('finishes open requests when it closes, and takes no new ones', async () => {
  const runtime = await startLambdaRuntime(FUNCTIONS, async () => () => answer.promise);
  const gateway = createGateway({ route: createRouter(FUNCTIONS), runtime, clock: () => NOW });
  const entered = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<unknown>();
  const other = await listen(
    createFront(
      Promise.resolve(async (request, response, proceed) => {
        entered.resolve();
        await gateway(request, response, proceed);
      }),
    ),
    0,
    '127.0.0.1',
  );
  const open = fetch(`${other.url}/api/builds`);
  await entered.promise;
  const closing = other.close(5_000);
  await expect(fetch(`${other.url}/api/builds`)).rejects.toThrow('fetch failed');
  answer.resolve({ statusCode: 200, body: 'late' });
  expect(await (await open).text()).toBe('late');
  await closing;
});
