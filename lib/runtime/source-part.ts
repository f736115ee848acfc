import { Rejection } from '../domain/rejection.ts';
import type { ApiRequest } from './api.ts';
import { sha256 } from './secrets.ts';

/** Where a submitted source is: in this request, or uploaded before. The text is the one that the old tests look for. */
export function sourceOf(
  { files, isMultipart }: ApiRequest,
  uploadId: string | undefined,
): { uploadId: string } | { bytes: Uint8Array; sha256: string } {
  const source = files['source'];
  if (source && source.bytes.length > 0) {
    return { bytes: source.bytes, sha256: sha256(source.bytes).toString('hex') };
  }
  if (source) throw new Rejection('invalid_request', 'Source file required: the one sent is empty');
  if (isMultipart) throw new Rejection('invalid_request', 'Source file required');
  if (uploadId !== undefined) return { uploadId };
  throw new Rejection('invalid_request', 'Source file required: send upload_id, or multipart/form-data');
}
