import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { refusalAnswer } from './answer.ts';

type Refusal = readonly [status: number, code: string, error: string];

/** Who has been refused and still sends is read for so long: closing at once would reset the connection over the answer. */
const DRAIN_MS = 5_000;

const refused = new WeakSet<Duplex>();

/** By what Node's parser says; anything else is not HTTP. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The request line and headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'payload_too_large', 'The extensions of a chunk are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request did not arrive in time'],
};
const NOT_HTTP: Refusal = [400, 'invalid_request', 'The request is not valid HTTP'];

/** Answers what never became a request, in the form that every refusal has, and ends the connection. */
export function refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex, hasAnswerBegun: boolean): void {
  // What came after the refusal is no HTTP either.
  if (refused.has(socket)) return;
  // Nobody is there any more, or what is written now would become part of another answer.
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswerBegun) {
    socket.destroy();
    return;
  }
  refused.add(socket);
  socket.end(rendered(REFUSALS[error.code ?? ''] ?? NOT_HTTP));
  const cutOff = setTimeout(() => socket.destroy(), DRAIN_MS);
  socket.once('close', () => clearTimeout(cutOff));
}

/** Without this Node closes the connection and says nothing. */
export function refuseConnect(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  const refusal: Refusal = [405, 'method_not_allowed', 'This is no proxy: CONNECT is not served'];
  socket.end(rendered(refusal, ['allow: GET, HEAD, POST, DELETE']), () => socket.destroy());
}

function rendered([status, code, error]: Refusal, more: readonly string[] = []): string {
  const requestId = randomUUID();
  const { headers, body } = refusalAnswer(status, code, error, requestId);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${headers['content-type']}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `apigw-requestid: ${requestId}`,
    'connection: close',
    ...more,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
