import * as z from 'zod/mini';
import { attempt, filename, id, sha256, size } from '../fields.ts';

/** What is said of a file before it is uploaded. */

export const SourceUpload = z.object({ size, sha256 });

export const ResultUpload = z.object({
  id,
  worker_id: z.optional(id),
  attempt,
  size,
  sha256,
  filename: z.optional(filename),
});
