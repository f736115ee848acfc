import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from './credentials.ts';

export interface SignedRequest {
  readonly method: string;
  /** As it came: path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Signer {
  readonly credentials: Credentials;
  /** The host the URL was signed for, for proxies that put their own in the Host header. */
  readonly publicHost: string;
}

export interface S3Refusal {
  readonly code: string;
  readonly message: string;
}

/** A week: the most S3 allows. */
const MAX_EXPIRES_SECONDS = 604_800;

/** S3's tolerance for clocks that run ahead. */
const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks a presigned URL (Signature V4 in the query) as S3 does. `undefined` means: method, path, query and every signed
 * header are what the holder of the key signed, and `nowMs` is within its time.
 */
export function refusePresigned(request: SignedRequest, signer: Signer, nowMs: number): S3Refusal | undefined {
  const [path = '', query = ''] = splitOnce(request.url, '?');
  const pairs = parsePairs(query);
  const auth = readAuth(pairs);
  if (!auth) return { code: 'AccessDenied', message: 'Access Denied' };
  if (auth.accessKeyId !== signer.credentials.accessKeyId) {
    return { code: 'InvalidAccessKeyId', message: 'The AWS Access Key Id you provided does not exist in our records.' };
  }
  const unsigned = Object.keys(request.headers).filter(
    (name) => /^x-amz-/.test(name) && !auth.signedHeaders.includes(name),
  );
  if (unsigned.length > 0 || !auth.signedHeaders.includes('host')) {
    return {
      code: 'AccessDenied',
      message: `There were headers present in the request which were not signed: ${unsigned}`,
    };
  }
  const hosts = [request.headers.host ?? '', signer.publicHost];
  const isGenuine = hosts.some((host) => {
    const canonical = canonicalRequest(request, path, pairs, auth.signedHeaders, host);
    return isEqual(auth.signature, sign(canonical, auth, signer.credentials.secretAccessKey));
  });
  if (!isGenuine) {
    return {
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
    };
  }
  return refuseTime(auth, nowMs);
}

interface Auth {
  readonly accessKeyId: string;
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly expiresSeconds: number;
}

type Pair = readonly [name: string, value: string];

function readAuth(pairs: readonly Pair[]): Auth | undefined {
  const one = (name: string) => {
    const found = pairs.filter(([key]) => key === name);
    return found.length === 1 ? found[0]?.[1] : undefined;
  };
  const [accessKeyId, ...scope] = (one('X-Amz-Credential') ?? '').split('/');
  const [signature, date, signedHeaders] = [one('X-Amz-Signature'), one('X-Amz-Date'), one('X-Amz-SignedHeaders')];
  const expires = one('X-Amz-Expires') ?? '';
  if (one('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256' || !accessKeyId || !signature || !date || !signedHeaders)
    return undefined;
  if (!/^\d{8}T\d{6}Z$/.test(date) || !/^\d{1,6}$/.test(expires)) return undefined;
  if (scope.length !== 4 || scope[0] !== date.slice(0, 8) || scope[2] !== 's3' || scope[3] !== 'aws4_request')
    return undefined;
  return {
    accessKeyId,
    scope: scope.join('/'),
    signedHeaders: signedHeaders.split(';'),
    signature,
    date,
    expiresSeconds: Number(expires),
  };
}

function refuseTime({ date, expiresSeconds }: Auth, nowMs: number): S3Refusal | undefined {
  const signedAtMs = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z'));
  if (Number.isNaN(signedAtMs) || expiresSeconds < 1 || expiresSeconds > MAX_EXPIRES_SECONDS) {
    return { code: 'AccessDenied', message: 'X-Amz-Date or X-Amz-Expires is out of range' };
  }
  if (nowMs < signedAtMs - MAX_SKEW_MS) return { code: 'AccessDenied', message: 'Request is not yet valid' };
  if (nowMs > signedAtMs + expiresSeconds * 1000) return { code: 'AccessDenied', message: 'Request has expired' };
  return undefined;
}

function canonicalRequest(
  request: SignedRequest,
  path: string,
  pairs: readonly Pair[],
  signedHeaders: readonly string[],
  host: string,
): string {
  const header = (name: string) => (name === 'host' ? host : String(request.headers[name] ?? ''));
  return [
    request.method,
    path.split('/').map(decodeURIComponent).map(encode).join('/'),
    pairs
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]): Pair => [encode(name), encode(value)])
      .sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    ...signedHeaders.map((name) => `${name}:${header(name).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
}

function sign(canonical: string, { date, scope }: Auth, secretAccessKey: string): string {
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

function parsePairs(query: string): Pair[] {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const [name = '', value = ''] = splitOnce(pair, '=');
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** RFC 3986: `encodeURIComponent` leaves five characters more. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
