import * as z from 'zod/mini';
import { orNull, whole } from './answers.ts';

/** What is answered of the queues. */

/** Where a waiting build stands; null where nothing is known, or it does not wait. */
export const QueuePlace = z.object({
  ahead: orNull(whole),
  may_be_more: orNull(z.boolean()),
  workers: orNull(whole),
  usual_build_ms: orNull(z.number()),
  starts_in_ms: orNull(z.number()),
  paused: orNull(z.object({ reason: z.string(), since: z.number() })),
});
export type QueuePlace = z.output<typeof QueuePlace>;

const paused = orNull(z.object({ reason: z.string(), since: z.number(), by: z.string() }));
/** As it is after a pause or its end. */
export const PausedQueue = z.object({ platform: z.string(), paused });
export const Queues = z.object({
  queues: z.array(
    z.object({
      platform: z.string(),
      waiting: whole,
      may_be_more: z.boolean(),
      oldest_waiting_since: orNull(z.number()),
      without_worker: whole,
      running: whole,
      workers: z.object({ idle: whole, building: whole }),
      paused,
    }),
  ),
});
export type QueueListItem = z.output<typeof Queues>['queues'][number];

export const DeadLetters = z.object({
  dead_letters: z.array(
    z.object({
      message_id: z.string(),
      build_id: orNull(z.string()),
      attempt: orNull(whole),
      platform: orNull(z.string()),
      sent_at: z.number(),
      receives: whole,
    }),
  ),
  may_have_more: z.boolean(),
});
export type DeadLetter = z.output<typeof DeadLetters>['dead_letters'][number];

export const Redriven = z.object({
  redriven: whole,
  deleted: whole,
  malformed: whole,
  failed: whole,
  may_have_more: z.boolean(),
});
