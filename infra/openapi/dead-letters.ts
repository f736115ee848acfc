import * as z from 'zod/mini';
import { Nothing } from '../../lib/runtime/inputs/builds.ts';
import { type Description, json } from './description.ts';
import { count, id, ms, platform } from './fields.ts';

const DeadLetter = z.object({
  message_id: id,
  build_id: z.nullable(id),
  attempt: z.nullable(count),
  platform: z.nullable(platform),
  sent_at: ms,
  receives: count,
});

const may_have_more = z.boolean();

export const DEAD_LETTERS = {
  'list-dead-letters': {
    summary: 'Shows messages that were put aside, and leaves them there',
    details: 'At most 50. Normally each fails its build at once, and there are none.',
    input: Nothing,
    replies: {
      200: json(
        '`build_id` is null where the message is none of ours.',
        z.object({ dead_letters: z.array(DeadLetter), may_have_more }),
      ),
    },
    refusals: [],
  },
  'redrive-dead-letters': {
    summary: 'Brings builds whose messages were put aside back to the workers',
    details: 'About 50 messages each time. Safe to repeat.',
    input: Nothing,
    replies: {
      200: json(
        'How many were sent anew, how many were deleted as their builds wait no more, and how many stay: malformed, or failed.',
        z.object({ redriven: count, deleted: count, malformed: count, failed: count, may_have_more }),
      ),
    },
    refusals: [],
  },
} satisfies Record<string, Description>;
