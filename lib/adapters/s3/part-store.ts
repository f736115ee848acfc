import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  NoSuchKey,
  type Part,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import * as z from 'zod/mini';
import type { ArrivedParts, BegunUpload, FileKind, PartStore } from '../../app/file-ports.ts';
import { metadataOf, type Outside, toBase64 } from './object-headers.ts';

type Digest = (bytes: Uint8Array) => Buffer;

/** S3 may read every byte for it; the function that asks has 29 s. */
const JOIN_MS = 25_000;

const Announced = z.object({
  storeId: z.string(),
  size: z.number(),
  sha256: z.string(),
  filename: z.optional(z.string()),
  partSize: z.number(),
  partSha256s: z.array(z.string()),
});

/** What was announced lies beside the object to come, in the same bucket and for the same time. */
const announcedKey = (key: string) => `announced/${key}`;

/** Uploads in parts. `digest` is SHA-256. */
export function partStore(
  client: S3Client,
  { client: outside, linkSeconds }: Outside,
  buckets: Readonly<Record<FileKind, string>>,
  digest: Digest,
): PartStore {
  const at = ({ kind, key, storeId }: Pick<BegunUpload, 'kind' | 'key' | 'storeId'>) =>
    ({ Bucket: buckets[kind], Key: key, UploadId: storeId }) as const;
  return {
    async begin(kind, key, file) {
      const place = { Bucket: buckets[kind], Key: key };
      const checksums = { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' } as const;
      const { UploadId: storeId } = await client.send(
        new CreateMultipartUploadCommand({ ...place, ...checksums, Metadata: metadataOf(file) }),
      );
      if (!storeId) throw new Error(`an upload of ${key} began without an id`);
      const body = JSON.stringify({ ...file, storeId });
      await client.send(new PutObjectCommand({ ...place, Key: announcedKey(key), Body: body }));
      return { ...file, kind, key, storeId };
    },

    find: (kind, key) => find(client, buckets[kind], kind, key),

    async arrived(upload) {
      const parts = await endable(client.send(new ListPartsCommand(at(upload))));
      return parts && marksOf(upload, parts.Parts ?? []);
    },

    async ticket(upload, number, now) {
      const sha256 = upload.partSha256s[number - 1];
      if (sha256 === undefined) throw new Error(`no part ${number} was announced`);
      const size = Math.min(upload.partSize, upload.size - (number - 1) * upload.partSize);
      const bound = { 'x-amz-checksum-sha256': toBase64(sha256) };
      const command = new UploadPartCommand({
        ...at(upload),
        PartNumber: number,
        ContentLength: size,
        ChecksumSHA256: bound['x-amz-checksum-sha256'],
      });
      const url = await getSignedUrl(outside, command, {
        expiresIn: linkSeconds,
        signableHeaders: new Set(['host', 'content-length', ...Object.keys(bound)]),
        unhoistableHeaders: new Set(Object.keys(bound)),
      });
      return { url, headers: { ...bound, 'content-length': String(size) }, expiresAt: now + linkSeconds * 1000 };
    },

    join: (upload, arrived) => join(client, at(upload), upload, arrived, digest),

    abort: async (upload) => {
      await endable(client.send(new AbortMultipartUploadCommand(at(upload))));
    },
  };
}

async function find(client: S3Client, bucket: string, kind: FileKind, key: string): Promise<BegunUpload | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: announcedKey(key) }));
    const { filename, ...rest } = Announced.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    return { kind, key, ...rest, ...(filename !== undefined && { filename }) };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** A part counts when it is the announced one: another can only come from a store that did not hold it to its address. */
function marksOf({ partSha256s }: BegunUpload, parts: readonly Part[]): ArrivedParts {
  const marks = new Map<number, string>();
  for (const { PartNumber = 0, ETag, ChecksumSHA256 } of parts) {
    const announced = partSha256s[PartNumber - 1];
    if (announced !== undefined && ETag !== undefined && ChecksumSHA256 === toBase64(announced))
      marks.set(PartNumber, ETag);
  }
  return marks;
}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

async function join(client: S3Client, at: Place, upload: BegunUpload, arrived: ArrivedParts, digest: Digest) {
  const Parts = upload.partSha256s.map((sha256, index) => ({
    PartNumber: index + 1,
    ETag: arrived.get(index + 1),
    ChecksumSHA256: toBase64(sha256),
  }));
  const command = new CompleteMultipartUploadCommand({
    ...at,
    MultipartUpload: { Parts },
    ChecksumSHA256: compositeOf(upload.partSha256s, digest),
    ChecksumType: 'COMPOSITE',
    MpuObjectSize: upload.size,
  });
  try {
    return (await endable(client.send(command, { requestTimeout: JOIN_MS }))) ? 'joined' : 'ended';
  } catch (error) {
    if (error instanceof S3ServiceException && DAMAGED.has(error.name)) return 'damaged';
    throw error;
  }
}

/** The parts are not of the named checksums, or not of the named size. */
const DAMAGED = new Set(['BadDigest', 'InvalidRequest', 'InvalidPart']);

/** What S3 computes for the whole: the digest of the parts' digests. */
function compositeOf(partSha256s: readonly string[], digest: Digest): string {
  const joined = Buffer.concat(partSha256s.map((sha256) => Buffer.from(sha256, 'hex')));
  return `${digest(joined).toString('base64')}-${partSha256s.length}`;
}

/** Undefined when there is no such upload any more. */
async function endable<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'NoSuchUpload') return undefined;
    throw error;
  }
}
