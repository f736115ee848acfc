import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Rejection } from '../domain/rejection.ts';
import { withDeadline } from './deadline.ts';
import { log } from './log.ts';

/**
 * The pipeline of a queue consumer. Fails by record: only what may succeed later is answered as failed and comes again.
 *
 * @param parse the body, or undefined if it is none of ours: that is logged by its message id and done with.
 */
export function queue<Body>(parse: (body: string) => Body | undefined, run: (body: Body) => Promise<void>) {
  async function consume(record: SQSRecord): Promise<boolean> {
    const body = parse(record.body);
    if (body === undefined) {
      log({ event: 'record_malformed', messageId: record.messageId });
      return true;
    }
    try {
      await run(body);
      return true;
    } catch (error) {
      log({ event: 'record_failed', messageId: record.messageId, error });
      // A refusal is final: the same record would only be refused again.
      return error instanceof Rejection && error.code !== 'contended' && error.code !== 'unavailable';
    }
  }
  async function answer(event: SQSEvent, context: Context, { signal }: { signal: AbortSignal }) {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const record of event.Records) {
      const isDone = await withDeadline(signal, () => consume(record), context.awsRequestId);
      if (!isDone) batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  }
  return middy<SQSEvent, SQSBatchResponse>().handler(answer);
}
