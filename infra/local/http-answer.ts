import type { OutgoingHttpHeaders } from 'node:http';
import * as z from 'zod/mini';
import { type Answer, jsonAnswer } from './answer.ts';
import { MAX_INVOCATION_BYTES } from './http-body.ts';

/** JSON makes at most six bytes of a character. */
const CERTAINLY_SMALL_LENGTH = MAX_INVOCATION_BYTES / 6 - 64 * 1024;

const HttpResult = z.object({
  statusCode: z.int().check(z.gte(200), z.lte(599)),
  headers: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  cookies: z.optional(z.array(z.string())),
  body: z.optional(z.string()),
  isBase64Encoded: z.optional(z.boolean()),
});

/** A function answered what an HTTP API cannot send. */
class BadResult extends Error {
  override name = 'BadResult';
}

/** Reads what a function returned by the rules of payload format 2.0. */
export function toAnswer(result: unknown): Answer {
  refuseTooLarge(result);
  if (typeof result === 'string') return { ...jsonAnswer(200, {}), body: result };
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    return { ...jsonAnswer(200, {}), body: JSON.stringify(result) ?? 'null' };
  }
  const parsed = HttpResult.safeParse(result);
  if (!parsed.success) throw new BadResult(z.prettifyError(parsed.error));
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = parsed.data;
  return {
    status: statusCode,
    headers: withDefaults(headers, cookies),
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

function refuseTooLarge(result: unknown): void {
  const body = typeof result === 'object' && result !== null && 'body' in result ? result.body : undefined;
  // Every answer passes here: only a large one is worth being written out to be measured.
  if (typeof body === 'string' && body.length < CERTAINLY_SMALL_LENGTH) return;
  const sizeBytes = Buffer.byteLength(JSON.stringify(result) ?? 'null');
  if (sizeBytes > MAX_INVOCATION_BYTES) {
    throw new BadResult(`the result has ${sizeBytes} bytes, Lambda sends at most ${MAX_INVOCATION_BYTES}`);
  }
}

function withDefaults(headers: Record<string, string | number | boolean>, cookies: string[]): OutgoingHttpHeaders {
  const lowered: OutgoingHttpHeaders = { 'content-type': 'text/plain;charset=UTF-8' };
  for (const [name, value] of Object.entries(headers)) lowered[name.toLowerCase()] = String(value);
  // Node counts the body itself; a wrong length would break the connection.
  delete lowered['content-length'];
  if (cookies.length > 0) lowered['set-cookie'] = cookies;
  return lowered;
}
