import type { PartedUpload } from '../answers.ts';
import { hasCode } from '../api-error.ts';
import { type RetryContext, type RetryPolicy, withRetries } from '../retry.ts';
import { resolveAnswerUrl } from '../urls.ts';
import { digestParts, type FileDigest, type PartDigests } from './file-digest.ts';
import { putFile } from './put-file.ts';
import { isUploadWorthAnotherTry } from './upload-errors.ts';

/** The calls of an upload in parts; each is safe to repeat. */
export interface PartCalls {
  readonly begin: (digest: FileDigest, parts: PartDigests) => Promise<PartedUpload>;
  readonly goOn: (uploadId: string) => Promise<PartedUpload>;
  readonly complete: (uploadId: string) => Promise<unknown>;
}

export interface PartsUpload {
  readonly baseUrl: string;
  readonly path: string;
  readonly digest: FileDigest;
  readonly calls: PartCalls;
  /** Of an upload of the same file that broke off. */
  readonly uploadId?: string | undefined;
  /** Told as soon as there is one, for who wants to go on later. */
  readonly onBegun?: ((uploadId: string) => void | Promise<void>) | undefined;
  readonly retry: RetryPolicy;
  readonly context: RetryContext;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
  readonly stallMs?: number | undefined;
}

const MIB = 1024 ** 2;
/** A break loses at most one part. Larger files have larger parts, so that they stay below the 1,000 that may be. */
const PART_BYTES = 16 * MIB;
const WANTED_PARTS = 500;

function partSizeFor(size: number): number {
  return Math.max(PART_BYTES, Math.ceil(size / WANTED_PARTS / MIB) * MIB);
}

/** Uploads a file part by part and answers its id. After a break it sends what has not arrived, and nothing twice. */
export async function uploadParts(upload: PartsUpload): Promise<string> {
  let uploadId = upload.uploadId;
  let arrivals = 0;
  const run = async () => {
    let open = uploadId === undefined ? undefined : await goOn(upload.calls, uploadId);
    if (!open) {
      open = await begin(upload);
      uploadId = open.upload_id;
      await upload.onBegun?.(uploadId);
    }
    while (open.parts.length > 0) {
      await sendParts(upload, open, () => arrivals++);
      open = await upload.calls.goOn(open.upload_id);
    }
    await upload.calls.complete(open.upload_id);
    return open.upload_id;
  };
  const context = { ...upload.context, isWorthAnotherTry: isUploadWorthAnotherTry };
  for (;;) {
    const before = arrivals;
    try {
      return await withRetries(run, upload.retry, context);
    } catch (error) {
      // A long upload may break often, as long as it gets on.
      if (arrivals === before || !isUploadWorthAnotherTry(error)) throw error;
    }
  }
}

async function begin({ path, digest, calls }: PartsUpload): Promise<PartedUpload> {
  return calls.begin(digest, await digestParts(path, digest, partSizeFor(digest.size)));
}

/** Undefined when it has been given up meanwhile: then it is begun anew. */
async function goOn(calls: PartCalls, uploadId: string): Promise<PartedUpload | undefined> {
  try {
    return await calls.goOn(uploadId);
  } catch (error) {
    if (hasCode(error, 'upload_not_found')) return undefined;
    throw error;
  }
}

async function sendParts(upload: PartsUpload, open: PartedUpload, onArrival: () => void): Promise<void> {
  const { baseUrl, path, digest, onProgress, stallMs, context } = upload;
  let arrivedBytes = digest.size - missingBytes(open, digest.size);
  for (const part of open.parts) {
    const before = arrivedBytes;
    await putFile({
      url: resolveAnswerUrl(baseUrl, part.url),
      headers: part.headers,
      path,
      start: (part.number - 1) * open.part_size,
      size: part.size,
      onProgress: (sent) => onProgress?.(before + sent),
      stallMs,
      signal: context.signal,
    });
    arrivedBytes += part.size;
    onArrival();
  }
}

/** The answer has addresses for the first of them only; the last part is as long as all but it leave. */
function missingBytes({ missing_parts, part_count, part_size, parts }: PartedUpload, size: number): number {
  const isLastMissing = missing_parts > parts.length || parts.at(-1)?.number === part_count;
  const lastBytes = size - (part_count - 1) * part_size;
  return isLastMissing ? (missing_parts - 1) * part_size + lastBytes : missing_parts * part_size;
}
