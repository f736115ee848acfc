import * as z from 'zod/mini';
import { Nothing, OneBuild } from '../../lib/runtime/inputs/builds.ts';
import { OneQueue, QueuePause } from '../../lib/runtime/inputs/queues.ts';
import { type Description, json } from './description.ts';
import { count, id, ms, platform, state } from './fields.ts';

const Queue = z.object({
  id,
  state,
  ahead: z.nullable(count),
  may_be_more: z.nullable(z.boolean()),
  workers: z.nullable(count),
  usual_build_ms: z.nullable(ms),
  starts_in_ms: z.nullable(ms),
  paused: z.nullable(z.object({ reason: z.string(), since: ms })),
});

const paused = z.nullable(z.object({ reason: z.string(), since: ms, by: id }));
const Queues = z.object({
  queues: z.array(
    z.object({
      platform,
      waiting: count,
      may_be_more: z.boolean(),
      oldest_waiting_since: z.nullable(ms),
      without_worker: count,
      running: count,
      workers: z.object({ idle: count, building: count }),
      paused,
    }),
  ),
});
const AQueue = z.object({ platform, paused });

export const QUEUE = {
  'queue-place': {
    summary: 'Where a waiting build stands',
    details:
      '`ahead`: builds for its platform that go before it; `may_be_more`: only the hundred that have waited longest were looked at. `workers`: those that could build it, busy ones included. `usual_build_ms`: the median of what ended today, if five did; `starts_in_ms` follows from it, where it can, and is null while the platform is `paused`. All are null once it does not wait.',
    input: OneBuild,
    replies: { 200: json('As it is now; it may lag behind by moments.', Queue) },
    refusals: [],
  },
  'list-queues': {
    summary: 'How the queue of each platform stands',
    details:
      '`workers`: those that are there and could build for it. `without_worker`: of the builds that wait, those that none of these ' +
      'may build, by platform or labels. `may_be_more`: only the 1,000 of both platforms that were submitted first were looked at.',
    input: Nothing,
    replies: { 200: json('Counted, not more than five seconds ago; the pauses are as they are now.', Queues) },
    refusals: [],
  },
  'pause-queue': {
    summary: 'Hands out no more builds of a platform',
    details:
      'What is handed out goes on, what is submitted waits, and the time is not held against its limit for waiting. It holds a second ' +
      'after the answer (and as long more as an assignment takes that was under way). Paused again it stays as it was.',
    input: QueuePause,
    replies: { 200: json('As it is now.', AQueue) },
    refusals: [],
  },
  'resume-queue': {
    summary: 'Hands out builds of a platform again',
    details:
      'Five seconds after the answer every poll knows of it; a worker of paused platforms alone polls each half minute.',
    input: OneQueue,
    replies: { 200: json('As it is now.', AQueue) },
    refusals: [],
  },
} satisfies Record<string, Description>;
