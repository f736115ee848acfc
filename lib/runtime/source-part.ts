import type { SentFile } from '../app/keep-file.ts';
import { Rejection } from '../domain/rejection.ts';
import type { ApiRequest } from './api.ts';
import { sentFile } from './sent-file.ts';

/** Where a submitted source is: in this request, or uploaded before. The text is the one that the old tests look for. */
export function sourceOf(request: ApiRequest, uploadId: string | undefined): { uploadId: string } | SentFile {
  const source = sentFile(request, 'source');
  if (source) return source;
  const isEmpty = 'source' in request.files || 'source' in request.received;
  if (isEmpty) throw new Rejection('invalid_request', 'Source file required: the one sent is empty');
  if (request.isMultipart) throw new Rejection('invalid_request', 'Source file required');
  if (uploadId !== undefined) return { uploadId };
  throw new Rejection('invalid_request', 'Source file required: send upload_id, or multipart/form-data');
}
