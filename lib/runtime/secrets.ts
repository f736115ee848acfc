import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Derive, Secrets } from '../app/ports.ts';

const ID_LENGTH = 21;
const TOKEN_BYTES = 32;

export const secrets: Secrets = {
  id: () => urlSafe(randomBytes(16)).slice(0, ID_LENGTH),
  token: () => urlSafe(randomBytes(TOKEN_BYTES)),
  hash: (secret) => sha256(secret).toString('hex'),
  idFrom: (seed) => urlSafe(sha256(seed)).slice(0, ID_LENGTH),
  matches: (secret, hash) => isSameSecret(secrets.hash(secret), hash),
};

/** 256 bits that nobody can make without the key. */
export const deriveWith =
  (key: string): Derive =>
  (seed) =>
    urlSafe(createHmac('sha256', key).update(seed).digest());

export function sha256(bytes: string | Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Compares digests, so that neither the place of the first difference nor the length shows in the time taken. */
export function isSameSecret(presented: string, expected: string): boolean {
  return timingSafeEqual(sha256(presented), sha256(expected));
}

const SECRET_HEADERS = ['x-api-key', 'x-worker-token', 'x-vm-token', 'x-build-token'];

/** What a request proved itself with: a build's own output may show it, and then it must not be stored. */
export function secretsIn(headers: Readonly<Record<string, string | undefined>>): string[] {
  return SECRET_HEADERS.flatMap((name) => headers[name] ?? []);
}

/** No leading `-`: the old command line would take such an id for a flag. */
function urlSafe(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url').replace(/^-/, 'x');
}
