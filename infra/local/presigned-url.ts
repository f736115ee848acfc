import type { Credentials } from './credentials.ts';
import type { S3Refusal } from './s3-refusal.ts';
import { isSigned, type Pair, parsePairs, type Signature, type SignedRequest, splitOnce } from './signature-v4.ts';

export interface Signer {
  readonly credentials: Credentials;
  /** The host the URL was signed for, for proxies that put their own in the Host header. */
  readonly publicHost: string;
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
  const auth = readAuth(parsePairs(splitOnce(request.url, '?')[1] ?? ''));
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
  const { secretAccessKey } = signer.credentials;
  const isGenuine = hosts.some((host) =>
    isSigned(request, auth, { secretAccessKey, host, payload: 'UNSIGNED-PAYLOAD' }),
  );
  if (!isGenuine) {
    return {
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
    };
  }
  return refuseTime(auth, nowMs);
}

interface Auth extends Signature {
  readonly accessKeyId: string;
  readonly expiresSeconds: number;
}

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
