import type { Upload } from '../answers.ts';
import { hasStatus, isTransient } from '../api-error.ts';
import { type RetryContext, type RetryPolicy, withRetries } from '../retry.ts';
import { resolveAnswerUrl } from '../urls.ts';
import type { FileDigest } from './file-digest.ts';
import { putFile } from './put-file.ts';

export interface FileUpload {
  readonly baseUrl: string;
  readonly path: string;
  readonly digest: FileDigest;
  /** Asks the controller for a presigned address; asked again for each try, since a failed one may have expired. */
  readonly requestUpload: (size: number, sha256: string) => Promise<Upload>;
  readonly retry: RetryPolicy;
  readonly context: RetryContext;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
  readonly stallMs?: number | undefined;
}

/** Uploads a file and answers the id under which the controller knows it. */
export function uploadFile(upload: FileUpload): Promise<string> {
  const { digest, context } = upload;
  const run = async () => {
    const grant = await upload.requestUpload(digest.size, digest.sha256);
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
  return withRetries(run, upload.retry, { ...context, isWorthAnotherTry });
}

function isWorthAnotherTry(error: unknown): boolean {
  if (isTransient(error)) return true;
  // 403: the address expired. 400: the bytes were cut on the way, and no longer fit their checksum. 500: S3's own.
  return hasStatus(error, 400, 403, 500) && error.code === 'upload_refused';
}
