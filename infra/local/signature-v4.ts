import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface SignedRequest {
  readonly method: string;
  /** As it came: path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a request says of its signature. */
export interface Signature {
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly date: string;
  readonly signature: string;
}

interface How {
  readonly secretAccessKey: string;
  /** In the place of the Host header, where a proxy has put its own. */
  readonly host?: string | undefined;
  /** What stands for the body: its SHA-256, or a word for none. */
  readonly payload: string;
}

/** Whether whoever holds the key has signed this request (Signature V4): its method, path, query, and the headers it names. */
export function isSigned(request: SignedRequest, signature: Signature, how: How): boolean {
  return isEqual(signature.signature, sign(canonicalRequest(request, signature, how), signature, how.secretAccessKey));
}

function canonicalRequest(request: SignedRequest, { signedHeaders }: Signature, { host, payload }: How): string {
  const [path = '', query = ''] = splitOnce(request.url, '?');
  const header = (name: string) => (name === 'host' && host !== undefined ? host : String(request.headers[name] ?? ''));
  return [
    request.method,
    path.split('/').map(decodeURIComponent).map(encode).join('/'),
    parsePairs(query)
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]): Pair => [encode(name), encode(value)])
      .sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    ...signedHeaders.map((name) => `${name}:${header(name).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    payload,
  ].join('\n');
}

function sign(canonical: string, { date, scope }: Signature, secretAccessKey: string): string {
  const toSign = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(toSign).digest('hex');
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const compareText = (a: string, b: string) => Number(a > b) - Number(a < b);

export type Pair = readonly [name: string, value: string];

export function parsePairs(query: string): Pair[] {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const [name = '', value = ''] = splitOnce(pair, '=');
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
}

export function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** RFC 3986: `encodeURIComponent` leaves five characters more. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
