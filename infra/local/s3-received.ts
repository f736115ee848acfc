import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type S3rver from '@20minutes/s3rver';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { renderXml } from './s3-multipart-xml.ts';
import { targetOf } from './s3-target.ts';
import { publish, writeAndSum } from './s3-verified-writes.ts';

export interface Received {
  /** What a copy names as its source; good until it is adopted or discarded. */
  readonly source: string;
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** Files on their way into the store that are not objects yet: nobody can read them, and a restart removes them. */
export interface ReceivedFiles {
  /** Writes to disk what comes, and leaves nothing of it when the source breaks off. */
  receive(source: Readable): Promise<Received>;
  /** Does nothing for a file that has been adopted. */
  discard(received: Received): Promise<void>;
}

const SOURCE = /^\/?received\/([0-9a-f-]{36})$/;

export function receivedFiles(store: S3rver.Store, incoming: string) {
  /** By name, with the object it has become; what is not here was discarded, or never received. */
  const known = new Map<string, { etag: string; adoptedAs?: string }>();
  const files: ReceivedFiles = {
    async receive(source) {
      const name = randomUUID();
      try {
        const { sizeBytes, md5, sha256 } = await writeAndSum(source, join(incoming, name), true);
        known.set(name, { etag: md5.toString('hex') });
        return { source: `received/${name}`, size: sizeBytes, sha256: sha256?.toString('hex') ?? '' };
      } catch (error) {
        await rm(join(incoming, name), { force: true });
        throw error;
      }
    },
    async discard({ source }) {
      const name = SOURCE.exec(source)?.[1] ?? '';
      known.delete(name);
      await rm(join(incoming, name), { force: true });
    },
  };

  /** A copy from a received file moves it: no byte is written twice, however many there are. */
  const adopt: S3rver.Middleware = async (context, next) => {
    const name = SOURCE.exec(String(context.req.headers['x-amz-copy-source'] ?? ''))?.[1];
    if (name === undefined || context.method !== 'PUT') return next();
    const { bucket, key } = targetOf(context.req);
    const file = known.get(name);
    const isTaken = file?.adoptedAs !== undefined && file.adoptedAs !== `${bucket}/${key}`;
    if (!file || isTaken || !(await store.getBucket(bucket))) {
      throw new S3Error('NoSuchKey', 'The specified key does not exist.');
    }
    // Asked twice for the same, since the first answer was lost: it is done.
    if (file.adoptedAs === undefined) {
      const metadata = readMetadata(context.req.headers);
      await publish(store, join(incoming, name), { bucket, key, metadata, etag: file.etag });
      file.adoptedAs = `${bucket}/${key}`;
    }
    context.status = 200;
    context.type = 'application/xml';
    context.body = renderXml('CopyObjectResult', { LastModified: new Date().toISOString(), ETag: `"${file.etag}"` });
  };
  return { files, adopt };
}

function readMetadata(headers: IncomingHttpHeaders): Record<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') && typeof value === 'string' ? [[name, value] as const] : [],
  );
  return Object.fromEntries(pairs);
}
