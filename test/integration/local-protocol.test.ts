import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createFront } from '../../infra/local/front.ts';
import { createGateway, type HttpHandler } from '../../infra/local/gateway.ts';
import { startLambdaRuntime } from '../../infra/local/lambda-runtime.ts';
import { type Listener, listen } from '../../infra/local/listen.ts';
import { createRouter } from '../../infra/local/routes.ts';

/** What never becomes a request, and what no function sees: each is told why in the form of every refusal. */
let front: Listener;
let handler: HttpHandler;
beforeAll(async () => {
  const runtime = await startLambdaRuntime([], async () => async () => {});
  const nothing = createGateway({ route: createRouter([]), runtime, clock: () => 0 });
  handler = nothing;
  front = await listen(createFront(Promise.resolve((...request) => handler(...request))), 0, '127.0.0.1');
});
afterAll(() => front.close(0));

/** Sends bytes as they are; answers what came back until the connection ended. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(front.url).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

function parsed(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ', 2)));
  return { status: Number(first.split(' ')[1]), headers, body };
}

test.each([
  ['headers beyond the limit', `GET / HTTP/1.1\r\nhost: x\r\nx-big: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ['a path beyond the limit', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ['a header that is none', 'GET / HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n', 400],
  ['an unknown method', 'BREW / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
  ['a chunk without a size', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['an expectation that nobody meets', 'POST / HTTP/1.1\r\nhost: x\r\nexpect: tea\r\ncontent-length: 0\r\n\r\n', 417],
  ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n', 405],
  ['what no route takes', 'GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
])('%s: is told why', async (_, bytes, status) => {
  const answer = parsed(await exchange(bytes));
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json']);
  expect(JSON.parse(answer.body)).toEqual({
    error: expect.stringMatching(/\w+ \w+/),
    code: expect.stringMatching(/^[a-z_]+$/),
    requestId: answer.headers['apigw-requestid'],
  });
  expect(Number(answer.headers['content-length'])).toBe(Buffer.byteLength(answer.body));
});

test('who still sends far too large headers gets to read the answer', async () => {
  const answer = await exchange(`GET / HTTP/1.1\r\nhost: x\r\n${`x-big: ${'x'.repeat(1_000)}\r\n`.repeat(3_000)}\r\n`);
  expect(parsed(answer).status).toBe(431);
});

test('a handler that breaks is a 500 that tells nothing', async () => {
  const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const whole = handler;
  handler = () => Promise.reject(new Error('secret'));
  const response = await fetch(`${front.url}/`);
  handler = whole;
  expect([response.status, await response.json()]).toEqual([
    500,
    { error: 'Internal error', code: 'internal_error', requestId: response.headers.get('apigw-requestid') },
  ]);
  expect(String(log.mock.calls[0]?.[0])).toContain('"request_failed"');
  log.mockRestore();
});

test('what is no HTTP behind a request does not take the place of its answer', async () => {
  const whole = handler;
  const held = Promise.withResolvers<void>();
  handler = () => held.promise;
  const answer = await exchange('GET /slow HTTP/1.1\r\nhost: x\r\n\r\nnonsense nonsense\r\n\r\n');
  held.resolve();
  handler = whole;
  expect(answer).toBe('');
});
