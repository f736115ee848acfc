import { mkdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import S3Object from '@20minutes/s3rver/lib/models/object.js';
import type { Credentials } from './credentials.ts';
import type { Engine } from './dynamodb-engine.ts';
import { listen } from './listen.ts';
import { type PartFiles, partFiles } from './part-files.ts';
import { type KeptObjects, keptObjects } from './s3-kept.ts';
import { serveMultipart } from './s3-multipart.ts';
import { readRange, serveAllRanges } from './s3-ranges.ts';
import { type ReceivedFiles, receivedFiles } from './s3-received.ts';
import { sendRefusal } from './s3-refusal.ts';
import { verifyWrites } from './s3-verified-writes.ts';
import { isOurs } from './signed-request.ts';

/** `address` is for the functions: loopback only, and for whoever signs with our key. */
export interface S3Engine extends Engine {
  /** Serves one request that its caller has authenticated. */
  readonly serve: RequestListener;
  readonly received: ReceivedFiles;
  readonly kept: KeptObjects;
  readonly uploads: Pick<PartFiles, 'begunBefore' | 'remove'>;
}

const NOT_OURS = { code: 'AccessDenied', message: 'Access Denied' };

const CHECKSUM = 'x-amz-checksum-sha256';

export async function startS3(directory: string, credentials: Credentials): Promise<S3Engine> {
  const objects = join(directory, 'objects');
  const incoming = join(directory, 'incoming');
  const uploads = join(directory, 'uploads');
  // What a killed process had not finished receiving.
  await rm(incoming, { recursive: true, force: true });
  await Promise.all([objects, incoming, uploads].map((folder) => mkdir(folder, { recursive: true })));
  const parts = partFiles(uploads);
  const { serve, received, kept, close } = createS3(objects, incoming, parts);
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    if (!isOurs({ method, url, headers }, credentials)) return sendRefusal(request, response, NOT_OURS);
    delete headers.authorization;
    serve(request, response);
  });
  server.requestTimeout = 0;
  const listener = await listen(server, 0, '127.0.0.1');
  return {
    address: listener.url,
    serve,
    received,
    kept,
    uploads: parts,
    async stop() {
      await listener.close(0);
      close();
    },
  };
}

function createS3(objects: string, incoming: string, parts: PartFiles) {
  const s3 = new S3rver({ directory: objects, silent: true, vhostBuckets: false });
  verifyWrites(s3.store, incoming);
  const kept = keptObjects(s3.store, objects);
  // Its own removes an empty folder with all that has come into it meanwhile.
  s3.store.deleteObject = async (bucket, key) => {
    await kept.remove(bucket, key, Number.POSITIVE_INFINITY);
  };
  serveAllRanges(s3.store);
  if (!S3Object.ALLOWED_METADATA.includes(CHECKSUM)) S3Object.ALLOWED_METADATA.push(CHECKSUM);
  const multipart = serveMultipart({ store: s3.store, parts, incoming });
  const { files: received, adopt } = receivedFiles(s3.store, incoming);
  s3.middleware.unshift(asOwner, multipart, adopt, hideChecksum, readRange);
  return { serve: s3.callback(), received, kept, close: () => s3.logger.close() };
}

/** Without an account s3rver refuses `response-content-disposition`. */
const asOwner: S3rver.Middleware = async (context, next) => {
  context.state.account = { id: 'local' };
  await next();
};

/** As S3: only who asks for it, and for the whole object, gets the checksum; the SDK would hold it against a range. */
const hideChecksum: S3rver.Middleware = async (context, next) => {
  await next();
  const isAsked = String(context.req.headers['x-amz-checksum-mode']).toUpperCase() === 'ENABLED';
  if (!isAsked || context.status === 206) context.remove(CHECKSUM);
};
