import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What an HTTP API accepts. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What a synchronous invocation carries, each way, the JSON around the body included. */
export const MAX_INVOCATION_BYTES = 6_291_556;

const TEXT_TYPE = /^(text\/|application\/(.+\+)?(json|xml)\b|application\/(javascript|x-www-form-urlencoded)\b)/i;

/** JSON makes at most six bytes of one (`\u0000`): a body below this cannot make an event too large. */
const CERTAINLY_SMALL_BYTES = MAX_INVOCATION_BYTES / 6 - 64 * 1024;

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

export class BodyTooSlow extends Error {
  override name = 'BodyTooSlow';
}

export class BodyBroken extends Error {
  override name = 'BodyBroken';
}

export const hasTooLargeBody = (request: IncomingMessage, maxBytes = MAX_BODY_BYTES) =>
  Number(request.headers['content-length'] ?? 0) > maxBytes;

/** Reads a body whole, which is how a function gets it. Stops, leaving the rest unread, at the limit. */
export function readBody(request: IncomingMessage, withinMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      request.off('data', read).off('end', ended).off('close', broke).off('error', broke);
      outcome();
    };
    const read = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) settle(() => reject(new BodyTooLarge(`more than ${MAX_BODY_BYTES} bytes`)));
      else chunks.push(chunk);
    };
    const ended = () => settle(() => resolve(Buffer.concat(chunks)));
    const broke = () => settle(() => reject(new BodyBroken('the sender went away')));
    const timer = setTimeout(() => settle(() => reject(new BodyTooSlow(`${withinMs} ms`))), withinMs);
    request.on('data', read).once('end', ended).once('close', broke).once('error', broke);
  });
}

/** Text types as text, everything else (multipart too) as base64, as an HTTP API passes them. */
export function encodeBody(body: Buffer, contentType = ''): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  if (TEXT_TYPE.test(contentType) && isUtf8(body)) return { body: body.toString('utf8'), isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}

export function isTooLargeForLambda(event: APIGatewayProxyEventV2): boolean {
  if ((event.body?.length ?? 0) < CERTAINLY_SMALL_BYTES) return false;
  return Buffer.byteLength(JSON.stringify(event)) > MAX_INVOCATION_BYTES;
}
