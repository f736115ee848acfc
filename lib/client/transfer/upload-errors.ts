import { hasStatus, isTransient } from '../api-error.ts';

export function isUploadWorthAnotherTry(error: unknown): boolean {
  if (isTransient(error)) return true;
  // 403: the address expired. 400: the bytes were cut on the way, and no longer fit their checksum. 404: the upload in
  // parts was given up, and is begun anew. 500: S3's own.
  return hasStatus(error, 400, 403, 404, 500) && error.code === 'upload_refused';
}
