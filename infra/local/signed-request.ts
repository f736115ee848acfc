import type { Credentials } from './credentials.ts';
import { isSigned, type SignedRequest } from './signature-v4.ts';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=[^/,\s]+\/([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

/**
 * Whether the holder of the key signed this request, in its Authorization header. When is not looked at: nobody who could
 * repeat a request on the loopback has to. `payload` is the SHA-256 of the body where the request does not name it itself.
 */
export function isOurs(request: SignedRequest, credentials: Credentials, payload?: string): boolean {
  const [, scope = '', headers = '', signature = ''] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
  const date = String(request.headers['x-amz-date'] ?? '');
  const signed = { scope, signedHeaders: headers.split(';'), date, signature };
  const { secretAccessKey } = credentials;
  const body = payload ?? String(request.headers['x-amz-content-sha256'] ?? '');
  try {
    return isSigned(request, signed, { secretAccessKey, payload: body });
  } catch (error) {
    // Of an address that nobody can read, nobody has signed anything.
    if (error instanceof URIError) return false;
    throw error;
  }
}
