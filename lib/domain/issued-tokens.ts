import type { Build } from './build.ts';
import { MASK } from './mask-secrets.ts';

/** What this controller issues is 43 characters long, or 64 where an id is before it. */
const TOKEN_SHAPED = /(?<![A-Za-z0-9_-])(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{64})(?![A-Za-z0-9_-])/g;

/**
 * Masks the tokens of a build and of who holds it, wherever its output shows them. Only their hashes are known, so a word
 * that is shaped like one is hashed and compared; a checksum stays what it is.
 */
export function issuedTokenMask(build: Build, hash: (secret: string) => string): (text: string) => string {
  const { tokenHashes, holder, otp, vm } = build;
  const issued = new Set([...tokenHashes, holder?.tokenHash, otp?.hash, vm?.tokenHash, vm?.beatTokenHash]);
  return (text) => text.replace(TOKEN_SHAPED, (word) => (issued.has(hash(word)) ? MASK : word));
}
