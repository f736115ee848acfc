import type * as z from 'zod/mini';
import type { BuildFilter } from '../domain/build-filter.ts';
import type { BuildPage } from './inputs/builds.ts';

/** What a list of builds is asked for, in the words of the query. */
export function filterOf(asked: Omit<z.output<typeof BuildPage>, 'limit' | 'cursor'>): BuildFilter {
  return {
    state: asked.status,
    platform: asked.platform,
    workerId: asked.worker_id,
    labels: asked.label,
    text: asked.text,
    submittedAfter: asked.submitted_after,
    submittedBefore: asked.submitted_before,
  };
}
