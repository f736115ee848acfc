import * as z from 'zod/mini';
import { CHECK_STATUSES, DIAGNOSTIC_STATUSES } from '../../domain/diagnostic-report.ts';
import { cleaned, digitsFromTo, id, text } from '../fields.ts';

/** What a worker's look at its own machine may say. Of the single checks what cannot be understood is left out. */

const MISSING = 'Missing required fields: worker_id, status, duration_ms, checks';

/** A table item holds 400 KB: so many checks of the longest texts fit, whatever alphabet they are in. */
const MAX_CHECKS = 30;
const MAX_DETAILS = 10;

/** A duration may come with a fraction; none is longer than this. */
const DAY_MS = 86_400_000;
const milliseconds = z.pipe(
  z.number(MISSING),
  z.transform((ms) => Math.min(DAY_MS, Math.max(0, Math.round(ms)))),
);
const isTrue = z.pipe(
  z.optional(z.unknown()),
  z.transform((value) => value === true || value === 1),
);

const details = z.pipe(
  z.record(z.string(), z.unknown()),
  z.transform((entries) => {
    const kept = Object.entries(entries).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
    return Object.fromEntries(
      kept.slice(0, MAX_DETAILS).map(([name, value]) => [cleaned(name, 80), cleaned(String(value), 200)]),
    );
  }),
);

const Check = z.object({
  name: text(80),
  status: z.enum(CHECK_STATUSES),
  message: z.catch(text(500), ''),
  duration_ms: z.catch(milliseconds, 0),
  auto_fixed: isTrue,
  details: z.catch(z.optional(details), undefined),
});

const checks = z.pipe(
  z.array(z.unknown(), 'checks must be an array'),
  z.transform((entries) =>
    entries.slice(0, MAX_CHECKS).flatMap((entry) => {
      const { success, data } = z.safeParse(Check, entry);
      return success ? [data] : [];
    }),
  ),
);

/** In this order, as the old controller asked: is everything there, is the status one, are the checks a list. */
export const Diagnostics = z.pipe(
  z.object({
    worker_id: z.string(MISSING),
    status: z.string(MISSING),
    duration_ms: milliseconds,
    auto_fixed: isTrue,
    checks: z.unknown().check(z.refine((value) => value !== undefined && value !== null, MISSING)),
  }),
  z.object({
    worker_id: id,
    status: z.enum(DIAGNOSTIC_STATUSES, 'Invalid status. Must be: healthy, warning, or critical'),
    duration_ms: z.number(),
    auto_fixed: z.boolean(),
    checks,
  }),
);

export const DiagnosticsOf = z.object({
  worker_id: id,
  limit: z._default(digitsFromTo(1, 100), 10),
});
