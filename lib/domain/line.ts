import type { Build } from './build.ts';

/** In which order builds wait. */

export const MAX_PRIORITY = 10;

interface Waiting {
  readonly submittedAt: number;
  readonly rank?: number | undefined;
}

/**
 * When the build would have been submitted, had it no priority: each point of priority is worth `agingMs` of waiting. So
 * there is one order of all builds, which never changes; and nobody starves, as after `MAX_PRIORITY` × `agingMs` no newcomer
 * is before a build.
 */
export function rankOf(submittedAt: number, priority: number, agingMs: number): number {
  return submittedAt - priority * agingMs;
}

/** The lower goes first. */
export const placeOf = ({ rank, submittedAt }: Waiting) => rank ?? submittedAt;

/**
 * A message was received so often, some times to make way for others: it does not make way any more. Else many with
 * priority would raise its count until its queue put it aside as a dead letter (at 50, see `infra/queues.ts`), and the
 * build failed for nothing but having waited.
 */
const MOST_RECEIVES = 20;

/** Whether who waits goes before the build whose message has been received so often. */
export function goesBefore(rival: Waiting, other: Waiting, receives: number): boolean {
  return placeOf(rival) < placeOf(other) && receives <= MOST_RECEIVES;
}

/** A build that asks for labels has no message: whoever received it could be a worker that may not build it. */
export const hasMessages = ({ labels }: Pick<Build, 'labels'>) => labels === undefined;
