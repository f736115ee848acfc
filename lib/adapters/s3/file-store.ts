import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { FileKind, FileStore, FoundFile, StoredAs } from '../../app/file-ports.ts';
import { metadataOf, type Outside, toBase64 } from './object-headers.ts';
import { readObject } from './read-object.ts';

/** Files in two buckets. */
export function fileStore(client: S3Client, outside: Outside, buckets: Readonly<Record<FileKind, string>>): FileStore {
  return {
    ticket: (kind, key, file, now) => ticket(outside, buckets[kind], key, file, now),
    put: async (kind, key, bytes, sha256) => {
      await client.send(
        new PutObjectCommand({
          Bucket: buckets[kind],
          Key: key,
          Body: bytes,
          ContentLength: bytes.length,
          ChecksumSHA256: toBase64(sha256),
          Metadata: { sha256 },
        }),
      );
    },
    adopt: async (kind, key, { source, sha256 }) => {
      await client.send(
        new CopyObjectCommand({
          Bucket: buckets[kind],
          Key: key,
          CopySource: source,
          MetadataDirective: 'REPLACE',
          Metadata: { sha256 },
        }),
      );
    },
    find: (kind, key) => find(client, buckets[kind], key),
    read: (kind, key) => readObject(client, buckets[kind], key),
    link: (kind, key, filename, contentType) =>
      getSignedUrl(
        outside.client,
        new GetObjectCommand({
          Bucket: buckets[kind],
          Key: key,
          ResponseContentDisposition: contentDisposition(filename),
          ResponseContentType: contentType,
        }),
        { expiresIn: outside.linkSeconds },
      ),
  };
}

/** The signature covers the length, the checksum and the metadata, so that S3 refuses other bytes. */
async function ticket({ client, linkSeconds }: Outside, bucket: string, key: string, file: StoredAs, now: number) {
  const Metadata = metadataOf(file);
  const metadata = Object.entries(Metadata).map(([name, value]) => [`x-amz-meta-${name}`, value] as const);
  const checksum = toBase64(file.sha256);
  const bound: Record<string, string> = { 'x-amz-checksum-sha256': checksum, ...Object.fromEntries(metadata) };
  const { size } = file;
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentLength: size,
    ChecksumSHA256: checksum,
    Metadata,
  });
  const url = await getSignedUrl(client, command, {
    expiresIn: linkSeconds,
    signableHeaders: new Set(['host', 'content-length', ...Object.keys(bound)]),
    unhoistableHeaders: new Set(Object.keys(bound)),
  });
  return { url, headers: { ...bound, 'content-length': String(size) }, expiresAt: now + linkSeconds * 1000 };
}

async function find(client: S3Client, bucket: string, key: string): Promise<FoundFile | undefined> {
  try {
    const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    const { ContentLength, Metadata, LastModified, Expiration } = found;
    const sha256 = Metadata?.['sha256'];
    // Nobody but our tickets and `put` can write here, and both give the digest.
    if (ContentLength === undefined || sha256 === undefined) throw new Error(`object ${key} has no size or digest`);
    const name = Metadata?.['filename'];
    const goneAt = expiryOf(Expiration);
    return {
      size: ContentLength,
      sha256,
      ...(name !== undefined && { filename: decodeURIComponent(name) }),
      ...(LastModified && { storedAt: LastModified.getTime() }),
      ...(goneAt !== undefined && { goneAt }),
    };
  } catch (error) {
    if (error instanceof NotFound || error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** `expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="expire"`, by the rule of the bucket. */
function expiryOf(expiration: string | undefined): number | undefined {
  const at = Date.parse(/expiry-date="([^"]+)"/.exec(expiration ?? '')?.[1] ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Quotes and controls cannot end the header early; names were checked when they were accepted. */
function contentDisposition(filename: string): string {
  return `attachment; filename="${filename.replace(/[^\x20-\x7e]|["\\]/g, '_')}"`;
}
