import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import type { CertObjects, CertsObject, CertStore, SecretBox } from '../../app/cert-ports.ts';
import type { CertBundle } from '../../domain/certs.ts';
import { readObject } from './read-object.ts';

const Sealed = z.object({ p12: z.string(), password: z.string(), profiles: z.array(z.string()) });

const keyOf = ({ buildId, name }: CertsObject) => `certs/${buildId}/${name}`;

export function certObjects(client: S3Client, bucket: string): CertObjects {
  return {
    keyOf,
    delete: async (object) => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(object) }));
    },
  };
}

/** Signing material in a bucket of its own, which holds nothing that can be read without the builds' records. */
export function certStore(client: S3Client, bucket: string, box: SecretBox): CertStore {
  return {
    fingerprint: (bundle) => box.fingerprint(toBytes(bundle)),
    put: async (buildId, name, bundle) => {
      const [key, bytes] = [keyOf({ buildId, name }), toBytes(bundle)];
      // The key names the build and the object: neither can take another's place.
      const { sealed, sealedKey } = await box.seal(key, bytes);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: sealed, ContentLength: sealed.length }));
      return { key, fingerprint: box.fingerprint(bytes), sealedKey };
    },
    open: async ({ id, certs }) => {
      if (!certs?.sealedKey || !certs.key.startsWith(keyOf({ buildId: id, name: '' }))) return undefined;
      const sealed = await readObject(client, bucket, certs.key);
      if (!sealed) return undefined;
      const { plain, derive } = await box.open(certs.key, { sealed, sealedKey: certs.sealedKey });
      return { bundle: fromBytes(plain), derive };
    },
  };
}

function toBytes({ p12, password, profiles }: CertBundle): Uint8Array {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return Buffer.from(JSON.stringify({ p12: base64(p12), password, profiles: profiles.map(base64) }));
}

function fromBytes(bytes: Uint8Array): CertBundle {
  const { p12, password, profiles } = Sealed.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return {
    p12: Buffer.from(p12, 'base64'),
    password,
    profiles: profiles.map((profile) => Buffer.from(profile, 'base64')),
  };
}
