import type * as z from 'zod/mini';
import type { KeyHolder } from '../domain/api-key.ts';
import type { ApiRequest } from './api.ts';
import { idempotencyKeyOf } from './credentials.ts';
import type { Submission } from './inputs/builds.ts';
import { sourceOf } from './source-part.ts';

/** All of a submit but its signing material. */
export function submissionOf(
  { platform, labels, priority, upload_id }: z.output<typeof Submission>,
  request: ApiRequest & { readonly key: KeyHolder },
) {
  const { key: by, headers } = request;
  return { platform, labels, priority, by, ...sourceOf(request, upload_id), ...idempotencyKeyOf(headers) };
}
