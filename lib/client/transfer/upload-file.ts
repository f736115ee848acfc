import type { StoredUpload, Upload } from '../answers.ts';
import { type RetryContext, type RetryPolicy, withRetries } from '../retry.ts';
import { resolveAnswerUrl } from '../urls.ts';
import type { FileDigest } from './file-digest.ts';
import { putFile } from './put-file.ts';
import { isUploadWorthAnotherTry } from './upload-errors.ts';
import { type PartCalls, uploadParts } from './upload-parts.ts';

export interface FileUpload {
  readonly baseUrl: string;
  readonly path: string;
  readonly digest: FileDigest;
  /** Asks the controller for a presigned address; asked again for each try, since a failed one may have expired. */
  readonly requestUpload: (size: number, sha256: string) => Promise<Upload | StoredUpload>;
  /** Told when nothing had to be sent. Without it, what is to go in parts is not asked about. */
  readonly onStored?: (() => void) | undefined;
  /** For files that are large enough to go in parts. */
  readonly parts: PartCalls;
  /** Of an upload in parts of the same file that broke off, and for the next that may. */
  readonly uploadId?: string | undefined;
  readonly onBegun?: ((uploadId: string) => void | Promise<void>) | undefined;
  readonly retry: RetryPolicy;
  readonly context: RetryContext;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
  readonly stallMs?: number | undefined;
}

/** Smaller files are sent again whole. */
const IN_PARTS_ABOVE_BYTES = 100_000_000;

/** Uploads a file and answers the id under which the controller knows it. */
export function uploadFile(upload: FileUpload): Promise<string> {
  const { digest, context } = upload;
  if (digest.size > IN_PARTS_ABOVE_BYTES) return uploadLarge(upload);
  const run = async () => {
    const grant = await upload.requestUpload(digest.size, digest.sha256);
    if ('is_stored' in grant) {
      upload.onStored?.();
      return grant.upload_id;
    }
    await putFile({
      url: resolveAnswerUrl(upload.baseUrl, grant.url),
      headers: grant.headers,
      path: upload.path,
      size: digest.size,
      onProgress: upload.onProgress,
      stallMs: upload.stallMs,
      signal: context.signal,
    });
    return grant.upload_id;
  };
  return withRetries(run, upload.retry, { ...context, isWorthAnotherTry: isUploadWorthAnotherTry });
}

async function uploadLarge(upload: FileUpload): Promise<string> {
  const { digest, uploadId, onStored } = upload;
  // One that broke off goes on.
  if (onStored && uploadId === undefined) {
    const ask = () => upload.requestUpload(digest.size, digest.sha256);
    const grant = await withRetries(ask, upload.retry, upload.context);
    if ('is_stored' in grant) {
      onStored();
      return grant.upload_id;
    }
  }
  return uploadParts({ ...upload, calls: upload.parts });
}
