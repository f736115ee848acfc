import { afterEach, describe, expect, it, vi } from 'vitest';
import { keyRing } from '../../lib/runtime/key-ring.ts';
import { isSameSecret, secrets, sha256 } from '../../lib/runtime/secrets.ts';
import { aKey, NOW } from '../support/builders.ts';

/** How long a comparison takes is measured by `npm run test:soak -- --row requests`; here, what is compared. */
const compared = vi.hoisted((): [Uint8Array, Uint8Array][] => []);
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>();
  const timingSafeEqual = (one: Uint8Array, other: Uint8Array) => {
    compared.push([one, other]);
    return real.timingSafeEqual(one, other);
  };
  return { ...real, timingSafeEqual };
});
afterEach(() => {
  compared.length = 0;
});

describe('a secret', () => {
  const KEY = 'k'.repeat(43);

  it.each(['', 'k', `${KEY.slice(0, -1)}x`, 'x'.repeat(43), 'x'.repeat(10_000), KEY])(
    'is compared by digests in constant time, whatever was presented (%#)',
    (presented) => {
      expect(isSameSecret(presented, KEY)).toBe(presented === KEY);
      expect(compared).toEqual([[sha256(presented), sha256(KEY)]]);
    },
  );

  it('of a key is compared as any other: the project’s own first, then by the hash that is stored', async () => {
    const secret = `${'i'.repeat(21)}${'s'.repeat(43)}`;
    const record = aKey({ id: secret.slice(0, 21), hash: secrets.hash(secret) });
    await keyRing(KEY, { get: async () => record }, () => NOW)(secret);
    expect(compared).toEqual([
      [sha256(secret), sha256(KEY)],
      [sha256(secrets.hash(secret)), sha256(record.hash)],
    ]);
  });
});
