import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refusalAnswer, send } from './answer.ts';
import type { HttpHandler } from './gateway.ts';
import { describeError, logLine } from './log-line.ts';
import { refuseConnect, refuseUnparsed } from './protocol-errors.ts';
import { SENDER_LIMITS } from './sender-limits.ts';

/**
 * Of request line and headers. An HTTP API takes 10,240 bytes; a presigned URL on the same port stays far below.
 */
export const MAX_HEADER_BYTES = 16 * 1024;

/** The public server. `handler` may still be on its way: requests that come before it wait. */
export function createFront(
  handler: Promise<HttpHandler>,
  limits = SENDER_LIMITS,
  maxHeaderSize = MAX_HEADER_BYTES,
): Server {
  const server = createServer({
    maxHeaderSize,
    headersTimeout: limits.headersWithinMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    requestTimeout: limits.requestWithinMs,
    keepAliveTimeout: 65_000,
    // Node would answer without a body; `handle` looks for it.
    requireHostHeader: false,
  });
  server.setTimeout(limits.idleMs);
  /** By connection, the newest. */
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (request, response) => void handle(request, response, () => {}));
  server.on('checkContinue', (request, response) => void handle(request, response, continueOnce(response)));
  server.on('checkExpectation', (request, response) =>
    refuse(request, response, 417, 'invalid_request', 'Of expectations only 100-continue is met'),
  );
  server.on('clientError', (error, socket) => refuseUnparsed(error, socket, isTaken(answers.get(socket))));
  server.on('connect', (_request, socket) => refuseConnect(socket));
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse, proceed: () => void): Promise<void> {
    answers.set(request.socket, response);
    try {
      if (request.httpVersion === '1.1' && request.headers.host === undefined) {
        return refuse(request, response, 400, 'invalid_request', 'The request has no Host header');
      }
      await (await handler)(request, response, proceed);
    } catch (error) {
      logLine('error', 'request_failed', { url: request.url?.split('?', 1)[0], error: describeError(error) });
      if (response.headersSent) response.destroy();
      else refuse(request, response, 500, 'internal_error', 'Internal error');
    }
  }
}

/** Whether what is written to the connection now would be taken for a part, or in the place, of this answer. */
function isTaken(response: ServerResponse | undefined): boolean {
  return response !== undefined && !response.writableFinished && (response.headersSent || response.req.complete);
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: string, error: string): void {
  const requestId = randomUUID();
  response.setHeader('apigw-requestid', requestId);
  response.shouldKeepAlive = false;
  send(request, response, refusalAnswer(status, code, error, requestId));
}

/** Who was not told to go on must not use the connection again: nobody knows whether its body will come. */
function continueOnce(response: ServerResponse): () => void {
  response.shouldKeepAlive = false;
  return () => {
    response.shouldKeepAlive = true;
    response.writeContinue();
  };
}
