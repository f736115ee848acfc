import * as z from 'zod/mini';
import { BUILD_STATES } from '../../domain/build.ts';
import { MAX_BUILD_LABELS } from '../../domain/labels.ts';
import { base64, digits, digitsFromTo, id, labels, moment, page, platform, priority, someLabels } from '../fields.ts';

/** What the endpoints of a build's submitter take. The schemas validate, and the description of the API is made of them. */

export const Nothing = z.object({});

export const OneBuild = z.object({ id });

export const OneFile = z.object({
  id,
  which: z._default(z.enum(['result', 'source'], 'which must be result or source'), 'result'),
});

/** Signing material in the request itself: it never gets an address that others could use. */
const certs = {
  /** A ZIP, or a PKCS#12 file. */
  certs: z.optional(base64),
  certs_password: z.optional(z.string('must be text')),
  profiles: z.optional(z.array(base64, 'must be a list')),
};

export const Submission = z.object({
  platform,
  upload_id: z.optional(id),
  labels: labels(MAX_BUILD_LABELS),
  priority,
  ...certs,
});

export const Retry = z.object({ id, ...certs });

const TEXT = 'text must be 1 to 200 characters';

export const BuildPage = z
  .object({
    ...page,
    status: z.optional(z.enum(BUILD_STATES, `status must be one of ${BUILD_STATES.join(', ')}`)),
    platform: z.optional(platform),
    worker_id: z.optional(id),
    /** Several are all asked. */
    label: someLabels('label', MAX_BUILD_LABELS),
    text: z.optional(z.string(TEXT).check(z.minLength(1, TEXT), z.maxLength(200, TEXT))),
    submitted_after: z.optional(moment),
    submitted_before: z.optional(moment),
  })
  .check(
    z.refine(
      ({ submitted_after: after = 0, submitted_before: before = Number.POSITIVE_INFINITY }) => after < before,
      'submitted_after must be before submitted_before',
    ),
  );

export const LogPage = z.object({
  id,
  cursor: z.optional(digits('cursor is not one that this controller gave')),
  limit: z.optional(digitsFromTo(1, 99_999_999)),
});
