import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Engine } from '../../infra/local/dynamodb-engine.ts';
import { createQueuePoller, type QueuePoller, startPolling } from '../../infra/local/queue-poller.ts';
import { startSqs } from '../../infra/local/sqs-engine.ts';

let directory: string;
let engine: Engine;
let client: SQSClient;
let queueUrl: string;
let queueCount = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'local-sqs-'));
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  engine = await startSqs(directory, credentials);
  client = new SQSClient({ endpoint: engine.address, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false });
});

beforeEach(async () => {
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `queue-${++queueCount}` }));
  queueUrl = QueueUrl;
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  client.destroy();
  await engine.stop();
  rmSync(directory, { recursive: true });
});

async function send(...bodies: string[]) {
  for (const MessageBody of bodies) {
    const MessageAttributes = { attempt: { DataType: 'Number', StringValue: '2' } };
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageAttributes }));
  }
}

/** Waiting and in flight: what has not been deleted. */
async function countLeft() {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...AttributeNames] });
  const { Attributes = {} } = await client.send(command);
  return AttributeNames.map((name) => Number(Attributes[name])).reduce((sum, count) => sum + count);
}

const pollerOf = (invoke: (event: SQSEvent) => Promise<unknown>): QueuePoller =>
  createQueuePoller({ client, queueUrl, batchSize: 10, invoke });

test('hands a batch over as Lambda does and deletes it', async () => {
  await send('one');
  const events: SQSEvent[] = [];
  const count = await pollerOf(async (event) => events.push(event) && undefined).pollOnce(0);
  expect(count).toBe(1);
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.any(String),
          receiptHandle: expect.any(String),
          body: 'one',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            attempt: { dataType: 'Number', stringValue: '2', stringListValues: [], binaryListValues: [] },
          },
          md5OfBody: 'f97c5d29941bfb1b2fdab0874906ab82',
          eventSource: 'aws:sqs',
          eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:queue-${queueCount}`,
          awsRegion: 'us-east-1',
        },
      ],
    },
  ]);
  expect(await countLeft()).toBe(0);
});

test('keeps exactly the messages the function names as failed', async () => {
  await send('good', 'bad', 'good');
  const poller = pollerOf(async ({ Records }) => ({
    batchItemFailures: Records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  }));
  expect(await poller.pollOnce(0)).toBe(3);
  expect(await countLeft()).toBe(1);
});

test.each([
  ['names a message that was not in the batch', { batchItemFailures: [{ itemIdentifier: 'other' }] }],
  ['answers an unreadable list', { batchItemFailures: 'all' }],
])('keeps the whole batch when the function %s', async (_, result) => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await send('one', 'two');
  await pollerOf(async () => result).pollOnce(0);
  expect(await countLeft()).toBe(2);
});

test.each([
  ['an empty list', { batchItemFailures: [] }],
  ['no list', { batchItemFailures: null }],
  ['nothing', null],
])('deletes the whole batch when the function answers %s', async (_, result) => {
  await send('one', 'two');
  await pollerOf(async () => result).pollOnce(0);
  expect(await countLeft()).toBe(0);
});

test('keeps the whole batch when the function throws', async () => {
  await send('one', 'two');
  await expect(pollerOf(() => Promise.reject(new Error('down'))).pollOnce(0)).rejects.toThrow('down');
  expect(await countLeft()).toBe(2);
});

test('does not call the function for an empty queue', async () => {
  const invoke = vi.fn();
  expect(await pollerOf(invoke).pollOnce(0)).toBe(0);
  expect(invoke).not.toHaveBeenCalled();
});

test('wakes on a message during the long poll and stops in the middle of one', async () => {
  const received = Promise.withResolvers<string | undefined>();
  const poller = pollerOf(async ({ Records }) => received.resolve(Records[0]?.body));
  const polling = startPolling({ poller, sleep: async () => {} });
  await send('late');
  expect(await received.promise).toBe('late');
  const stopStarted = performance.now();
  await polling.stop();
  expect(performance.now() - stopStarted).toBeLessThan(2_000);
});

test('backs off from a queue that fails, longer each time, and stops while it does', async () => {
  const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
  const pausesMs: number[] = [];
  const enough = Promise.withResolvers<void>();
  const sleep = (ms: number, signal: AbortSignal) => {
    if (pausesMs.push(ms) < 8) return Promise.resolve();
    enough.resolve();
    return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  };
  const polling = startPolling({ poller: pollerOf(async () => {}), sleep });
  await enough.promise;
  await polling.stop();
  expect(pausesMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(String(log.mock.calls[0]?.[0])).toContain('"poll_failed"');
});
