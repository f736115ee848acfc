import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type S3rver from '@20minutes/s3rver';
import S3Error from '@20minutes/s3rver/lib/models/error.js';

/**
 * Makes the store write as S3 does: an object appears whole or not at all, and only if its bytes have the checksums the
 * request named. s3rver itself writes into the final file and reads no checksum, so a broken upload would be an object;
 * and it writes the metadata after the bytes, so a kill in between would leave an object that nobody can read.
 */
export function verifyWrites(store: S3rver.Store, incomingDirectory: string): void {
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const headers = content instanceof IncomingMessage ? content.headers : {};
    refuseTrailers(headers);
    const part = join(incomingDirectory, randomUUID());
    try {
      const sums = await writeAndSum(content, part, 'x-amz-checksum-sha256' in headers);
      compare(headers, sums);
      const md5 = sums.md5.toString('hex');
      await publish(store, part, { bucket, key, metadata, etag: md5 });
      return { size: sums.sizeBytes, md5 };
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  };
}

export interface Publication {
  readonly bucket: string;
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
}

/** The last object of a folder takes the folder with it, which may be while another is put there. Three times is no chance. */
const MAX_TRIES = 3;

/** Makes a received file an object. */
export async function publish(store: S3rver.Store, received: string, object: Publication): Promise<void> {
  const { bucket, key, metadata, etag } = object;
  const path = store.getResourcePath(bucket, key, 'object');
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await store.putMetadata(bucket, key, metadata, etag);
      // Last: an object is there when this file is.
      return await rename(received, path);
    } catch (error) {
      const isFolderGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isFolderGone || tries === MAX_TRIES) throw error;
    }
  }
}

export interface Sums {
  readonly sizeBytes: number;
  readonly md5: Buffer;
  readonly sha256: Buffer | undefined;
  readonly crc32: Buffer;
}

export async function writeAndSum(content: Buffer | Readable, path: string, isSha256Needed: boolean): Promise<Sums> {
  const md5 = createHash('md5');
  const sha256 = isSha256Needed ? createHash('sha256') : undefined;
  let sizeBytes = 0;
  let crc = 0;
  const source = Buffer.isBuffer(content) ? Readable.from([content]) : content;
  const sum = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      md5.update(chunk);
      sha256?.update(chunk);
      crc = crc32(chunk, crc);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  // `flush`: acknowledged bytes are on the disk, not only in its cache.
  await pipeline(source, sum, createWriteStream(path, { flush: true }));
  const crcBytes = Buffer.alloc(4);
  crcBytes.writeUInt32BE(crc);
  return { sizeBytes, md5: md5.digest(), sha256: sha256?.digest(), crc32: crcBytes };
}

/** Refuses bytes that are not those whose checksums the request named. */
export function compare(headers: IncomingHttpHeaders, sums: Sums): void {
  const named = { 'content-md5': sums.md5, 'x-amz-checksum-sha256': sums.sha256, 'x-amz-checksum-crc32': sums.crc32 };
  for (const [header, sum] of Object.entries(named)) {
    const expected = headers[header];
    if (expected === undefined || expected === sum?.toString('base64')) continue;
    throw new S3Error('BadDigest', `The ${header} you specified did not match what we received.`);
  }
}

/** Stored as they come, the chunk headers would become part of the object. */
export function refuseTrailers(headers: IncomingHttpHeaders): void {
  if (!String(headers['x-amz-content-sha256']).startsWith('STREAMING-UNSIGNED-PAYLOAD')) return;
  throw new S3Error(
    'NotImplemented',
    "Bodies with a trailing checksum are not supported: make the S3 client with requestChecksumCalculation: 'WHEN_REQUIRED'.",
  );
}
