import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { SecretBox } from '../app/cert-ports.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** As many as the old controller's keychain passwords had. */
const DERIVED_BYTES = 24;

/**
 * Envelope encryption: each secret under a random key of its own, that key under the controller's. `masterKey` is 32
 * bytes, base64url. The owner is authenticated in both layers: nothing opens in another's name.
 */
export function secretBox(masterKey: string): SecretBox {
  const master = Buffer.from(masterKey, 'base64url');
  // One key, one purpose.
  const wrappingKey = subkey(master, 'wrap');
  const fingerprintKey = subkey(master, 'fingerprint');
  return {
    seal: async (owner, plain) => {
      const dataKey = randomBytes(KEY_BYTES);
      const sealed = encrypt(dataKey, owner, plain);
      return { sealed, sealedKey: encrypt(wrappingKey, owner, dataKey).toString('base64url') };
    },
    open: async (owner, { sealed, sealedKey }) => {
      const dataKey = decrypt(wrappingKey, owner, Buffer.from(sealedKey, 'base64url'));
      const derivationKey = subkey(dataKey, 'derive');
      return {
        plain: decrypt(dataKey, owner, sealed),
        derive: (purpose) =>
          createHmac('sha256', derivationKey).update(purpose).digest().subarray(0, DERIVED_BYTES).toString('base64'),
      };
    },
    fingerprint: (content) => createHmac('sha256', fingerprintKey).update(content).digest('hex'),
  };
}

function subkey(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `buildlatch ${purpose}`, KEY_BYTES));
}

function encrypt(key: Buffer, owner: string, plain: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, owner: string, sealed: Uint8Array): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new Error('what was sealed has been cut off');
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}
