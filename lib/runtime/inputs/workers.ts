import * as z from 'zod/mini';
import { MAX_WORKER_LABELS } from '../../domain/labels.ts';
import { id, labels, page, printed } from '../fields.ts';

/** What workers say of themselves, and what is said of them. */

/** Who came with a token need not say who it is. */
export const AWorker = z.object({ worker_id: z.optional(id) });

export const NamedWorker = z.object({ worker_id: id });

export const WorkerPage = z.object(page);

export const Draining = z.object({
  worker_id: id,
  draining: z._default(z.boolean('draining must be true or false'), true),
});

const REQUIRED = 'Name and capabilities required';

/**
 * One field is needed of the capabilities; the rest is ignored, and so is everything unknown beside them: an installer
 * sends the API key there. An id that is none of ours is as good as no id.
 */
export const Registration = z.object({
  name: printed(REQUIRED, 200),
  capabilities: z.record(z.string(), z.unknown(), REQUIRED),
  labels: labels(MAX_WORKER_LABELS),
  id: z.catch(z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/))), undefined),
  active_build_count: z.catch(z.optional(z.int().check(z.nonnegative())), undefined),
});
