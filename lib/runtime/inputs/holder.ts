import * as z from 'zod/mini';
import { REPORTED_KINDS } from '../../domain/failure.ts';
import { MAX_LINE_NUMBER } from '../../domain/log-line.ts';
import { attempt, id, text } from '../fields.ts';

/** What the worker that holds a build says of it. `worker_id` is for those that come with an API key. */

export const HeldBuild = z.object({ id, worker_id: z.optional(id), attempt });

/** The one path names the build, the other one's body does. Progress that is none is no reason to end a build. */
export const Heartbeat = z.pipe(
  z
    .object({
      id: z.optional(id),
      build_id: z.optional(id),
      worker_id: z.optional(id),
      attempt,
      progress: z.catch(z.optional(z.int().check(z.gte(0), z.lte(100))), undefined),
    })
    .check(z.refine((named) => named.id !== undefined || named.build_id !== undefined, 'build_id required')),
  z.transform(({ id: inPath, build_id: inBody, ...said }) => ({ ...said, id: inPath ?? inBody ?? '' })),
);

export const Abandonment = z.object({ build_id: id, worker_id: z.optional(id), attempt });

const failure_kind = z.optional(z.enum(REPORTED_KINDS, `failure_kind must be ${REPORTED_KINDS.join(' or ')}`));

export const Failure = z.object({
  build_id: id,
  worker_id: z.optional(id),
  attempt,
  error: z._default(text(2000), 'Build failed'),
  failure_kind,
});

const FIRST_LINE = 'first_line must be a whole number: how many lines of the attempt were sent before';

/** One line or a batch; what is wrong with them is said by `linesOf`. */
export const LogLines = z.object({
  id,
  worker_id: z.optional(id),
  attempt,
  first_line: z.optional(z.int(FIRST_LINE).check(z.gte(0, FIRST_LINE), z.lte(MAX_LINE_NUMBER, FIRST_LINE))),
  level: z.optional(z.unknown()),
  message: z.optional(z.unknown()),
  logs: z.optional(z.unknown()),
});

const MISSING = 'build_id and worker_id required';

/** The end of a build as its worker reports it: JSON with an `upload_id`, or a form with the file. */
export const Finish = z.object({
  build_id: z.string(MISSING).check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, MISSING)),
  worker_id: z.optional(id),
  attempt,
  // A form has only text; absent means success, as the old controller had it.
  success: z._default(z.union([z.boolean(), z.enum(['true', 'false'])], 'success must be true or false'), true),
  error_message: z._default(text(2000), 'Build failed'),
  failure_kind,
  upload_id: z.optional(id),
});
