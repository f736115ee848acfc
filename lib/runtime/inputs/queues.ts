import * as z from 'zod/mini';
import { platform, printed } from '../fields.ts';

/** What is said of the queue of a platform. */

export const OneQueue = z.object({ platform });

export const QueuePause = z.object({
  platform,
  reason: printed('reason required: why nothing is to be handed out', 200),
});
