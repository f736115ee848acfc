import * as z from 'zod/mini';
import { CHECK_STATUSES, DIAGNOSTIC_STATUSES } from '../../lib/domain/diagnostic-report.ts';
import { Diagnostics, DiagnosticsOf } from '../../lib/runtime/inputs/diagnostics.ts';
import { NamedWorker } from '../../lib/runtime/inputs/workers.ts';
import { type Description, json } from './description.ts';
import { count, id, ms } from './fields.ts';

const Check = z.object({
  name: z.string(),
  status: z.enum(CHECK_STATUSES),
  message: z.string(),
  duration_ms: count,
  auto_fixed: z.boolean(),
  details: z.optional(z.record(z.string(), z.string())),
});

const Report = z.object({
  id,
  worker_id: id,
  status: z.enum(DIAGNOSTIC_STATUSES),
  run_at: ms,
  duration_ms: count,
  auto_fixed: z.boolean(),
  checks: z.array(Check),
});

export const DIAGNOSTICS = {
  'store-diagnostics': {
    summary: 'What a worker found when it looked at its own machine',
    details: 'Of the checks what cannot be understood is left out.',
    input: Diagnostics,
    replies: { 200: json('It is kept.', z.object({ id, status: z.literal('stored') })) },
    refusals: ['worker_not_found'],
  },
  'list-diagnostics': {
    summary: 'Reports of a worker, newest first',
    input: DiagnosticsOf,
    replies: { 200: json('So many as were asked for.', z.object({ worker_id: id, reports: z.array(Report) })) },
    refusals: ['worker_not_found'],
  },
  'latest-diagnostics': {
    summary: 'The newest report of a worker',
    input: NamedWorker,
    replies: { 200: json('The report.', Report) },
    refusals: ['worker_not_found', 'not_found'],
  },
} satisfies Record<string, Description>;
