import middy from '@middy/core';
import type { Context, ScheduledEvent } from 'aws-lambda';
import { withDeadline } from './deadline.ts';

/** What a run leaves for ending its last piece of work in order. */
const STOP_BEFORE_MS = 5_000;

/**
 * The pipeline of a scheduled function. Errors are not caught: Lambda's own error count must be true, and the next run
 * comes within the minute.
 *
 * @param run is told how long (ms) it may go on beginning new work.
 */
export function schedule(run: (budgetMs: number) => Promise<void>) {
  async function answer(_event: ScheduledEvent, context: Context, { signal }: { signal: AbortSignal }): Promise<void> {
    const budgetMs = context.getRemainingTimeInMillis() - STOP_BEFORE_MS;
    await withDeadline(signal, () => run(budgetMs), context.awsRequestId);
  }
  return middy<ScheduledEvent, void>().handler(answer);
}
