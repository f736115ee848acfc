import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** SQS takes no more at once. */
const BATCH = 10;

/** Sends messages in their order. */
export async function sendAll(sqs: SQSClient, queueUrl: string, bodies: readonly string[]): Promise<void> {
  for (let sent = 0; sent < bodies.length; sent += BATCH) {
    const some = bodies.slice(sent, sent + BATCH);
    const Entries = some.map((body, index) => ({ Id: String(index), MessageBody: body }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0)
      throw new Error(`${Failed.length} of ${some.length} messages were not sent: ${Failed[0]?.Message}`);
  }
}
