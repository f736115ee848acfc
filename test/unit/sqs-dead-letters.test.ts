import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { deadLetterQueue } from '../../lib/adapters/sqs/dead-letters.ts';
import { renderHint } from '../../lib/adapters/sqs/hint.ts';
import { aHint, NOW } from '../support/builders.ts';

const client = new SQSClient({ region: 'us-east-1' });
const aws = mockClient(client);
beforeEach(() => aws.reset());
const QueueUrl = 'https://sqs.test/0/dead-letters';
const letters = deadLetterQueue(client, QueueUrl);

it('receives ten dead letters at a time, hidden as long as it is told, and waits for none', async () => {
  const Attributes = { ApproximateReceiveCount: '51', SentTimestamp: String(NOW) };
  aws.on(ReceiveMessageCommand).resolves({
    Messages: [
      { MessageId: 'm1', ReceiptHandle: 'r1', Body: renderHint(aHint({ platform: 'android' })), Attributes },
      { MessageId: 'm2', ReceiptHandle: 'r2', Body: 'none of ours', Attributes },
    ],
  });
  const known = { receives: 51, sentAt: NOW };
  expect(await letters.receive(7)).toEqual([
    { ...known, id: 'm1', receipt: 'r1', hint: aHint({ platform: 'android' }) },
    { ...known, id: 'm2', receipt: 'r2' },
  ]);
  expect(aws.commandCalls(ReceiveMessageCommand)[0]?.args[0].input).toMatchObject({
    ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 7, WaitTimeSeconds: 0 },
  });
});

it('refuses a dead letter that could not be deleted', async () => {
  aws.on(ReceiveMessageCommand).resolves({ Messages: [{ MessageId: 'm1' }] });
  await expect(letters.receive(7)).rejects.toThrow('without id or receipt handle');
});
