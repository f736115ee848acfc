import * as z from 'zod/mini';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';
import { type Description, json } from './description.ts';
import { count, id, ms, state } from './fields.ts';

const Queue = z.object({
  id,
  state,
  ahead: z.nullable(count),
  may_be_more: z.nullable(z.boolean()),
  workers: z.nullable(count),
  usual_build_ms: z.nullable(ms),
  starts_in_ms: z.nullable(ms),
});

export const QUEUE = {
  'queue-place': {
    summary: 'Where a waiting build stands',
    details:
      '`ahead`: builds for its platform that go before it; `may_be_more`: only the hundred that have waited longest were looked at. `workers`: those that could build it, busy ones included. `usual_build_ms`: the median of what ended today, if five did; `starts_in_ms` follows from it, where it can. All are null once it does not wait.',
    input: OneBuild,
    replies: { 200: json('As it is now; it may lag behind by moments.', Queue) },
    refusals: [],
  },
} satisfies Record<string, Description>;
