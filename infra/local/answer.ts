import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

/** Who has been refused and still sends may go on for so long before being cut off: long enough to read the answer. */
const DRAIN_MS = 30_000;

/**
 * Sends an answer, whether or not the body has been read. What still arrives is thrown away: closing at once would reset
 * the connection, and a client in the middle of its upload would never see why.
 */
export function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, { ...headers, ...(hasBody && { 'content-length': Buffer.byteLength(body) }) });
  response.end(hasBody ? body : undefined);
  if (request.complete) return;
  request.resume();
  const cutOff = setTimeout(() => request.socket.destroy(), DRAIN_MS);
  request.once('close', () => clearTimeout(cutOff));
}

/** The form in which every refusal comes, whoever makes it. */
export const refusalAnswer = (status: number, code: string, error: string, requestId: string): Answer =>
  jsonAnswer(status, { error, code, requestId });

export const jsonAnswer = (status: number, value: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
