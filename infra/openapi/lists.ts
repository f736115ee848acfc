import * as z from 'zod/mini';
import { FAILURE_KINDS } from '../../lib/domain/failure.ts';
import { STAGES } from '../../lib/domain/telemetry.ts';
import { BuildPage, Nothing } from '../../lib/runtime/inputs/builds.ts';
import { type Description, json } from './description.ts';
import { count, id, labels, ms, platform, state } from './fields.ts';

const Active = z.object({
  id,
  status: state,
  platform,
  worker_id: z.nullable(id),
  started_at: z.nullable(ms),
  worker_name: z.nullable(z.string()),
  attempt: count,
  submitted_at: ms,
  building_since: z.nullable(ms),
  lease_until: z.nullable(ms),
  last_heartbeat_at: z.nullable(ms),
  stage: z.nullable(z.enum(STAGES)),
  progress: z.nullable(count),
  labels,
  priority: count,
});

const List = z.array(
  z.object({
    id,
    status: state,
    platform,
    createdAt: z.iso.datetime(),
    completedAt: z.optional(z.iso.datetime()),
    labels,
    priority: count,
    submitted_at: ms,
    queued_at: ms,
    started_at: z.nullable(ms),
    building_since: z.nullable(ms),
    completed_at: z.nullable(ms),
    attempt: count,
    spent_attempts: count,
    worker_id: z.nullable(id),
    worker_name: z.nullable(z.string()),
    failure_kind: z.nullable(z.enum(FAILURE_KINDS)),
    error_message: z.nullable(z.string()),
    submitted_by: z.nullable(id),
    original_build_id: z.nullable(id),
  }),
);

/** Many builds at once: a page of them, those that run, how many there are. */
export const LISTS = {
  'list-builds': {
    summary: 'Lists builds, newest first',
    details:
      'The next page is in the header `Link`, as `rel="next"`. A page may be shorter than its limit, or empty, and still have a ' +
      'next one: a call looks at no more than 500 builds. `status` is the true state. `started_at` is when the latest attempt was ' +
      'assigned, `queued_at` since when it waited for that. `error_message` is cut at 300 characters.',
    input: BuildPage,
    replies: { 200: json('A page.', List) },
    refusals: [],
  },
  'list-active-builds': {
    summary: 'The builds that are assigned or being built',
    details:
      '`started_at`: when the attempt was assigned; `building_since`: its first sign of work; `lease_until`: how long its worker may be ' +
      'silent. `stage` and `progress` are as its worker told them last, if it does.',
    input: Nothing,
    replies: { 200: json('As they are now.', z.object({ builds: z.array(Active) })) },
    refusals: [],
  },
  'count-builds': {
    summary: 'How many builds are in each state',
    input: Nothing,
    replies: {
      200: json(
        'Counted, not more than a second ago.',
        z.object({
          total: count,
          pending: count,
          assigned: count,
          building: count,
          completed: count,
          failed: count,
          cancelled: count,
        }),
      ),
    },
    refusals: [],
  },
} satisfies Record<string, Description>;
