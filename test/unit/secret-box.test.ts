import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { secretBox } from '../../lib/runtime/secret-box.ts';

const KEY = randomBytes(32).toString('base64url');
const box = secretBox(KEY);
const PLAIN = Buffer.from('the signing material of a build');

describe('a secret box', () => {
  it('opens what it sealed, and nothing of it shows from outside', async () => {
    const { sealed, sealedKey } = await box.seal('certs/build-1/a', PLAIN);
    expect(Buffer.from(sealed).includes('signing')).toBe(false);
    expect(Buffer.from((await box.open('certs/build-1/a', { sealed, sealedKey })).plain)).toEqual(PLAIN);
  });

  it('seals the same thing differently each time', async () => {
    const [one, two] = [await box.seal('a', PLAIN), await box.seal('a', PLAIN)];
    expect(one.sealedKey).not.toBe(two.sealedKey);
    expect(one.sealed).not.toEqual(two.sealed);
  });

  it('opens in no other name, with no other key, and after no change', async () => {
    const { sealed, sealedKey } = await box.seal('certs/build-1/a', PLAIN);
    const other = await box.seal('certs/build-1/a', PLAIN);
    const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);
    await expect(box.open('certs/build-2/a', { sealed, sealedKey })).rejects.toThrow();
    await expect(box.open('certs/build-1/a', { sealed, sealedKey: other.sealedKey })).rejects.toThrow();
    await expect(box.open('certs/build-1/a', { sealed: new Uint8Array(8), sealedKey })).rejects.toThrow('cut off');
    await expect(
      secretBox(randomBytes(32).toString('base64url')).open('certs/build-1/a', { sealed, sealedKey }),
    ).rejects.toThrow();
    for (const at of [0, 12, sealed.length - 1]) {
      const changed = flipped(sealed, at);
      await expect(box.open('certs/build-1/a', { sealed: changed, sealedKey })).rejects.toThrow();
    }
    for (const length of [sealed.length - 1, 28, 12]) {
      await expect(box.open('certs/build-1/a', { sealed: sealed.subarray(0, length), sealedKey })).rejects.toThrow();
    }
  });

  it('derives 24 bytes that are the same for one purpose and others for another', async () => {
    const sealed = await box.seal('a', PLAIN);
    const derive = async () => (await box.open('a', sealed)).derive;
    const first = (await derive())('keychain 1');
    expect(Buffer.from(first, 'base64')).toHaveLength(24);
    expect((await derive())('keychain 1')).toBe(first);
    expect((await derive())('keychain 2')).not.toBe(first);
    expect((await box.open('a', await box.seal('a', PLAIN))).derive('keychain 1')).not.toBe(first);
  });

  it('knows content again by its fingerprint, which only its own key makes', () => {
    expect(box.fingerprint(PLAIN)).toBe(secretBox(KEY).fingerprint(PLAIN));
    expect(box.fingerprint(PLAIN)).not.toBe(box.fingerprint(PLAIN.subarray(1)));
    expect(box.fingerprint(PLAIN)).not.toBe(secretBox(randomBytes(32).toString('base64url')).fingerprint(PLAIN));
  });
});
