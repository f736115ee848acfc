import { mkdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import S3Object from '@20minutes/s3rver/lib/models/object.js';
import type { Engine } from './dynamodb-engine.ts';
import { listen } from './listen.ts';
import { readRange, serveAllRanges } from './s3-ranges.ts';
import { verifyWrites } from './s3-verified-writes.ts';

/** `address` is for the functions: loopback only, asks for no signature. */
export interface S3Engine extends Engine {
  /** Serves one request that its caller has authenticated. */
  readonly serve: RequestListener;
}

const CHECKSUM = 'x-amz-checksum-sha256';

export async function startS3(directory: string): Promise<S3Engine> {
  const objects = join(directory, 'objects');
  const incoming = join(directory, 'incoming');
  // What a killed process had not finished receiving.
  await rm(incoming, { recursive: true, force: true });
  await Promise.all([mkdir(objects, { recursive: true }), mkdir(incoming, { recursive: true })]);
  const { serve, close } = createS3(objects, incoming);
  const server = createServer((request, response) => {
    delete request.headers.authorization;
    serve(request, response);
  });
  server.requestTimeout = 0;
  const listener = await listen(server, 0, '127.0.0.1');
  return {
    address: listener.url,
    serve,
    async stop() {
      await listener.close(0);
      close();
    },
  };
}

function createS3(objects: string, incoming: string) {
  const s3 = new S3rver({ directory: objects, silent: true, vhostBuckets: false });
  verifyWrites(s3.store, incoming);
  serveAllRanges(s3.store);
  if (!S3Object.ALLOWED_METADATA.includes(CHECKSUM)) S3Object.ALLOWED_METADATA.push(CHECKSUM);
  s3.middleware.unshift(asOwner, refuseMultipart, hideChecksum, readRange);
  return { serve: s3.callback(), close: () => s3.logger.close() };
}

/** Without an account s3rver refuses `response-content-disposition`. */
const asOwner: S3rver.Middleware = async (context, next) => {
  context.state.account = { id: 'local' };
  await next();
};

/** s3rver brings the whole process down over a part that was never uploaded, and cannot abort an upload. */
const refuseMultipart: S3rver.Middleware = async (context, next) => {
  const query = new URLSearchParams(context.req.url?.split('?', 2)[1]);
  if (query.has('uploads') || query.has('uploadId')) {
    context.onerror(
      new S3Error('NotImplemented', 'The embedded S3 takes no multipart uploads: one PUT carries up to 5 GB.'),
    );
  } else {
    await next();
  }
};

/** As S3: only who asks for it, and for the whole object, gets the checksum; the SDK would hold it against a range. */
const hideChecksum: S3rver.Middleware = async (context, next) => {
  await next();
  const isAsked = String(context.req.headers['x-amz-checksum-mode']).toUpperCase() === 'ENABLED';
  if (!isAsked || context.status === 206) context.remove(CHECKSUM);
};
