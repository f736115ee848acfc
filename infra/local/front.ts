import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpHandler } from './gateway.ts';
import { describeError, logLine } from './log-line.ts';

/** An HTTP API takes 10,240 bytes of request line and headers; a presigned URL on the same port stays far below. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Slow senders: headers must be here after 15 s, nothing may stand still for 2 min, and nothing takes longer than an hour. */
const HEADERS_WITHIN_MS = 15_000;
const IDLE_MS = 120_000;
const CHECK_EVERY_MS = 5_000;
const REQUEST_WITHIN_MS = 3_600_000;

/** The public server. `handler` may still be on its way: requests that come before it wait. */
export function createFront(handler: Promise<HttpHandler>): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_WITHIN_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: 65_000,
  });
  server.setTimeout(IDLE_MS);
  server.on('request', (request, response) => void handle(request, response, () => {}));
  server.on('checkContinue', (request, response) => void handle(request, response, continueOnce(response)));
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse, proceed: () => void): Promise<void> {
    try {
      await (await handler)(request, response, proceed);
    } catch (error) {
      logLine('error', 'request_failed', { url: request.url?.split('?', 1)[0], error: describeError(error) });
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"message":"Internal Server Error"}');
    }
  }
}

/** Who was not told to go on must not use the connection again: nobody knows whether its body will come. */
function continueOnce(response: ServerResponse): () => void {
  response.shouldKeepAlive = false;
  return () => {
    response.shouldKeepAlive = true;
    response.writeContinue();
  };
}
