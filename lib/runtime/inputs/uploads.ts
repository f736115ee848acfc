import * as z from 'zod/mini';
import { attempt, filename, id, sha256, size } from '../fields.ts';

/** What is said of a file before it is uploaded. */

/** 5 MiB is S3's least, 1,000 parts are one page of its list. */
const partSize = z.int('must be a whole number of bytes').check(z.gte(5 * 1024 ** 2, 'must be at least 5242880'));
const parts = z.optional(
  z.object(
    { size: partSize, sha256s: z.array(sha256, 'must be a list').check(z.maxLength(1000, 'must be at most 1000')) },
    'must be {size, sha256s}',
  ),
);

/** `now`: what the same key has uploaded before need not be sent. `later`: it is sent, and need not be the next time. */
const reuse = z.optional(z.enum(['now', 'later'], 'must be now or later'));

/** `parts` asks for an upload in parts, each of `size` but the last, with the SHA-256 of each. */
export const SourceUpload = z.object({ size, sha256, parts, reuse });

export const BegunSourceUpload = z.object({ upload_id: id });

export const BegunResultUpload = z.object({ id, upload_id: id, worker_id: z.optional(id), attempt });

export const ResultUpload = z.object({
  id,
  worker_id: z.optional(id),
  attempt,
  size,
  sha256,
  parts,
  filename: z.optional(filename),
});
