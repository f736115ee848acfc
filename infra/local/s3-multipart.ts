import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type S3rver from '@20minutes/s3rver';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { type BegunUpload, compositeOf, type PartFile, type PartFiles } from './part-files.ts';
import { listPartsXml, readPartList, renderXml } from './s3-multipart-xml.ts';
import { targetOf } from './s3-target.ts';
import { compare, publish, refuseTrailers, writeAndSum } from './s3-verified-writes.ts';

export interface MultipartOptions {
  readonly store: S3rver.Store;
  readonly parts: PartFiles;
  /** Where bytes are received and put together. */
  readonly incoming: string;
}

const MAX_PART_NUMBER = 10_000;
/** S3's: smaller is only the last part. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
}

/**
 * Uploads in parts, in the place of s3rver's: that one brings the process down over a part that was never uploaded, checks
 * no checksum, lists no parts and aborts nothing. One thing is stricter than S3: where the metadata names the SHA-256 of
 * the whole, the whole is held to it when its parts are joined, since every byte is read then anyway.
 */
export function serveMultipart({ store, parts, incoming }: MultipartOptions): S3rver.Middleware {
  /** A caller that lost patience asks again while the first joining goes on. */
  const joining = new Map<string, Promise<string>>();

  async function serve(context: S3rver.Context, query: URLSearchParams): Promise<void> {
    const { bucket, key } = targetOf(context.req);
    if (query.has('uploads')) {
      if (context.method !== 'POST') throw new S3Error('NotImplemented', 'Unfinished uploads are not listed here.');
      await begin(context, bucket, key);
      return;
    }
    const target = { bucket, key, id: query.get('uploadId') ?? '' };
    const begun = await open(target);
    if (context.method === 'PUT') await receive(context, target, query.get('partNumber') ?? '');
    else if (context.method === 'GET') await list(context, target, query);
    else if (context.method === 'POST') await complete(context, target, begun);
    else if (context.method === 'DELETE') await abort(context, target);
    else throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }

  async function begin(context: S3rver.Context, bucket: string, key: string): Promise<void> {
    if (!(await store.getBucket(bucket))) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
    const headers = Object.entries(context.req.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    const id = await parts.begin({ bucket, key, headers: Object.fromEntries(headers) });
    answer(context, renderXml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id }));
  }

  async function open({ bucket, key, id }: Target): Promise<BegunUpload> {
    const begun = await parts.find(id);
    if (begun && begun.bucket === bucket && begun.key === key) return begun;
    throw new S3Error('NoSuchUpload', 'The specified upload does not exist. It may have been aborted or completed.');
  }

  async function receive(context: S3rver.Context, { id }: Target, partNumber: string): Promise<void> {
    const { req } = context;
    const number = /^\d{1,5}$/.test(partNumber) ? Number(partNumber) : 0;
    if (number < 1 || number > MAX_PART_NUMBER) {
      throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${MAX_PART_NUMBER}`);
    }
    refuseTrailers(req.headers);
    const received = join(incoming, randomUUID());
    try {
      const sums = await writeAndSum(req, received, 'x-amz-checksum-sha256' in req.headers);
      compare(req.headers, sums);
      if (!(await parts.keep(id, number, received, sums))) throw new S3Error('NoSuchUpload', 'The upload has ended.');
      answer(context, null);
      context.set('etag', `"${sums.md5.toString('hex')}"`);
    } catch (error) {
      await rm(received, { force: true });
      throw error;
    }
  }

  async function list(context: S3rver.Context, { bucket, key, id }: Target, query: URLSearchParams): Promise<void> {
    const after = Number(query.get('part-number-marker') ?? 0);
    const max = Math.min(Number(query.get('max-parts') ?? 1000), 1000);
    const found = (await parts.list(id)).filter(({ number }) => number > after);
    answer(context, listPartsXml({ bucket, key, id, parts: found.slice(0, max), isTruncated: found.length > max }));
  }

  async function abort(context: S3rver.Context, { id }: Target): Promise<void> {
    await parts.remove(id);
    answer(context, null);
    context.status = 204;
  }

  async function complete(context: S3rver.Context, target: Target, begun: BegunUpload): Promise<void> {
    const named = await readPartList(context.req);
    const chosen = choose(named, await parts.list(target.id));
    holdTo(context.req, chosen);
    const running = joining.get(target.id) ?? joinParts(target, begun, chosen);
    joining.set(target.id, running);
    const etag = await running.finally(() => joining.delete(target.id));
    const { bucket, key } = target;
    answer(context, renderXml('CompleteMultipartUploadResult', { Bucket: bucket, Key: key, ETag: `"${etag}"` }));
  }

  async function joinParts({ bucket, key, id }: Target, { headers }: BegunUpload, chosen: PartFile[]): Promise<string> {
    const whole = join(incoming, randomUUID());
    try {
      const sha256 = await concatenate(chosen, whole);
      const announced = headers['x-amz-meta-sha256'];
      if (announced !== undefined && announced !== sha256) {
        throw new S3Error('BadDigest', 'The whole has not the SHA-256 that its metadata names.');
      }
      const etag = compositeOf('md5', digestsOf(chosen, 'md5'));
      const checksum = compositeSha256(chosen);
      const metadata = { ...headers, ...(checksum !== undefined && { 'x-amz-checksum-sha256': checksum }) };
      await publish(store, whole, { bucket, key, metadata, etag });
      await parts.remove(id);
      return etag;
    } catch (error) {
      await rm(whole, { force: true });
      throw error;
    }
  }

  return async (context, next) => {
    const query = new URLSearchParams(context.req.url?.split('?', 2)[1]);
    if (!query.has('uploads') && !query.has('uploadId')) return next();
    await serve(context, query);
  };
}

function answer(context: S3rver.Context, xml: string | null): void {
  context.status = 200;
  context.body = xml ?? '';
  if (xml !== null) context.type = 'application/xml';
}

function choose(named: readonly { number: number; etag: string }[], stored: readonly PartFile[]): PartFile[] {
  return named.map(({ number, etag }, index) => {
    if (index > 0 && number <= (named[index - 1]?.number ?? 0)) {
      throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    const part = stored.find((one) => one.number === number);
    if (part?.md5 !== etag) throw new S3Error('InvalidPart', `Part ${number} could not be found, or has another ETag.`);
    if (index < named.length - 1 && part.size < MIN_PART_BYTES) {
      throw new S3Error('EntityTooSmall', `Part ${number} is smaller than the minimum allowed size.`);
    }
    return part;
  });
}

/** What the request says of the whole. */
function holdTo({ headers }: IncomingMessage, chosen: readonly PartFile[]): void {
  const size = headers['x-amz-mp-object-size'];
  const checksum = headers['x-amz-checksum-sha256'];
  if (size !== undefined && Number(size) !== chosen.reduce((sum, part) => sum + part.size, 0)) {
    throw new S3Error('InvalidRequest', 'The parts have not the size that was named for the whole.');
  }
  if (
    checksum !== undefined &&
    compositeSha256(chosen)?.replace(/-\d+$/, '') !== String(checksum).replace(/-\d+$/, '')
  ) {
    throw new S3Error('BadDigest', 'The parts have not the checksum that was named for the whole.');
  }
}

function compositeSha256(chosen: readonly PartFile[]): string | undefined {
  const digests = digestsOf(chosen, 'sha256');
  return digests.length === chosen.length ? compositeOf('sha256', digests) : undefined;
}

function digestsOf(chosen: readonly PartFile[], name: 'md5' | 'sha256'): string[] {
  return chosen.flatMap((part) => part[name] ?? []);
}

async function concatenate(chosen: readonly PartFile[], path: string): Promise<string> {
  const hash = createHash('sha256');
  const bytes = async function* () {
    for (const part of chosen) {
      for await (const chunk of createReadStream(part.path, { highWaterMark: 512 * 1024 })) {
        hash.update(chunk);
        yield chunk;
      }
    }
  };
  await pipeline(bytes, createWriteStream(path, { flush: true }));
  return hash.digest('hex');
}
