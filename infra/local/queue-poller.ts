import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttributes, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { ACCOUNT_ID } from './http-event.ts';
import { describeError, logLine } from './log-line.ts';

export interface QueuePollerOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly batchSize: number;
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
}

/** What an event source mapping does for one queue. */
export interface QueuePoller {
  /** Receives and hands over one batch; answers how many messages it had. Rejects if SQS or the function fails. */
  pollOnce(waitSeconds: number, signal?: AbortSignal): Promise<number>;
}

const BatchResponse = z.nullish(
  z.object({ batchItemFailures: z.nullish(z.array(z.object({ itemIdentifier: z.string() }))) }),
);

export function createQueuePoller({ client, queueUrl, batchSize, invoke }: QueuePollerOptions): QueuePoller {
  return {
    async pollOnce(waitSeconds, signal) {
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(batchSize, 10),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      const { Messages: messages = [] } = await client.send(command, signal ? { abortSignal: signal } : {});
      if (messages.length === 0) return 0;
      const result = await invoke({ Records: messages.map((message) => toRecord(message, queueUrl)) });
      await deleteMessages(succeeded(messages, result));
      return messages.length;
    },
  };

  async function deleteMessages(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    const { Failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    // They come again, and the function must be able to bear that anyway.
    if (Failed.length > 0) logLine('warn', 'messages_not_deleted', { queueUrl, codes: Failed.map(({ Code }) => Code) });
  }
}

/** By Lambda's rules: no list means all succeeded, a name that was not in the batch (or no readable answer) means none did. */
function succeeded(messages: readonly Message[], result: unknown): readonly Message[] {
  const parsed = BatchResponse.safeParse(result);
  const failures = parsed.data?.batchItemFailures ?? [];
  const failed = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
  const isUnderstood = parsed.success && [...failed].every((id) => messages.some(({ MessageId }) => MessageId === id));
  if (!isUnderstood) {
    logLine('error', 'batch_response_invalid', { messageIds: messages.map(({ MessageId }) => MessageId) });
    return [];
  }
  return messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
}

function toRecord(message: Message, queueUrl: string): SQSRecord {
  const attributes = message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ...attributes,
      ApproximateReceiveCount: attributes.ApproximateReceiveCount ?? '1',
      SentTimestamp: attributes.SentTimestamp ?? '0',
      SenderId: attributes.SenderId ?? ACCOUNT_ID,
      ApproximateFirstReceiveTimestamp: attributes.ApproximateFirstReceiveTimestamp ?? '0',
    },
    messageAttributes: toMessageAttributes(message),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${queueUrl.split('/').at(-1)}`,
    awsRegion: 'us-east-1',
  };
}

function toMessageAttributes({ MessageAttributes = {} }: Message): SQSMessageAttributes {
  const converted = Object.entries(MessageAttributes).map(
    ([name, { DataType = 'String', StringValue, BinaryValue }]) => [
      name,
      {
        dataType: DataType,
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
        stringListValues: [],
        binaryListValues: [],
      },
    ],
  );
  return Object.fromEntries(converted);
}

/** The longest SQS waits for a message. */
const LONG_POLL_SECONDS = 20;

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

export interface PollLoopOptions {
  readonly poller: QueuePoller;
  /** Waits; resolves early when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Polls until stopped. A failed batch is logged, and its messages come back when their visibility times out. */
export function startPolling({ poller, sleep }: PollLoopOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = run();
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };

  async function run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!stopping.signal.aborted) {
      try {
        await poller.pollOnce(LONG_POLL_SECONDS, stopping.signal);
        backoffMs = FIRST_BACKOFF_MS;
      } catch (error) {
        if (stopping.signal.aborted) return;
        logLine('error', 'poll_failed', { backoffMs, error: describeError(error) });
        await sleep(backoffMs, stopping.signal);
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      }
    }
  }
}
