import * as z from 'zod/mini';
import { attempt, id } from '../fields.ts';

/** What a virtual machine sends, or what is asked about it. */

export const OneBuild = z.object({ id });

const MISSING = 'Missing required parameter: otp';

/** Ours has 43 characters; what is longer than any is refused unread. */
export const Exchange = z.object({ id, otp: z.string(MISSING).check(z.minLength(1, MISSING), z.maxLength(256)) });

/** A form with the file `artifact`; or JSON, where the file was uploaded before. */
export const Artifact = z.object({ id, attempt, upload_id: z.optional(id) });
