import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildQueue } from '../../lib/adapters/sqs/build-queue.ts';
import { parseHint, renderHint } from '../../lib/adapters/sqs/hint.ts';
import { PLATFORMS } from '../../lib/domain/build.ts';
import { aHint, aMessage, NOW, SHA } from '../support/builders.ts';

const client = new SQSClient({ region: 'us-east-1' });
const aws = mockClient(client);
beforeEach(() => aws.reset());
const urls = { ios: 'https://sqs.test/0/ios', android: 'https://sqs.test/0/android' };
const queue = buildQueue(client, urls);

describe('a hint', () => {
  it('is read as what was sent', () => {
    const hint = fc.record({
      buildId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      attempt: fc.nat(),
      platform: fc.constantFrom(...PLATFORMS),
      submittedAt: fc.nat(),
      sourceSize: fc.nat(),
      sourceSha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    });
    fc.assert(
      fc.property(hint, (sent) => {
        expect(parseHint(renderHint(sent))).toEqual(sent);
      }),
    );
  });

  it('is none for any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (body) => {
        expect(parseHint(body)).toBeUndefined();
      }),
    );
  });

  it.each<[string, object]>([
    ['another version', { v: 2 }],
    ['no version', { v: undefined }],
    ['a path for an id', { buildId: '../x' }],
    ['a long id', { buildId: 'x'.repeat(65) }],
    ['a negative attempt', { attempt: -1 }],
    ['an attempt in letters', { attempt: '1' }],
    ['another platform', { platform: 'windows' }],
    ['half a digest', { sourceSha256: SHA.slice(1) }],
    ['a fraction of a byte', { sourceSize: 0.5 }],
  ])('is none with %s', (_what, change) => {
    expect(parseHint(JSON.stringify({ v: 1, ...aHint(), ...change }))).toBeUndefined();
  });

  it('of a later version with more in it is still understood', () => {
    expect(parseHint(JSON.stringify({ v: 1, ...aHint(), priority: 7 }))).toEqual(aHint());
  });
});

describe('the queue', () => {
  const Attributes = { ApproximateReceiveCount: '3', SentTimestamp: String(NOW) };

  it('takes one message at a time and does not wait', async () => {
    aws
      .on(ReceiveMessageCommand)
      .resolves({ Messages: [{ MessageId: 'm', ReceiptHandle: 'r', Body: renderHint(aHint()), Attributes }] });
    expect(await queue.receive('ios')).toEqual({
      id: 'm',
      receipt: 'r',
      platform: 'ios',
      receives: 3,
      sentAt: NOW,
      hint: aHint(),
    });
    expect(aws.commandCalls(ReceiveMessageCommand)[0]?.args[0].input).toMatchObject({
      QueueUrl: urls.ios,
      MaxNumberOfMessages: 1,
      WaitTimeSeconds: 0,
    });
    aws.on(ReceiveMessageCommand).resolves({});
    expect(await queue.receive('android')).toBeUndefined();
  });

  it('gives no hint of what cannot be read, or belongs into the other queue', async () => {
    for (const Body of ['', '{', renderHint(aHint({ platform: 'android' }))]) {
      aws.on(ReceiveMessageCommand).resolves({ Messages: [{ MessageId: 'm', ReceiptHandle: 'r', Body, Attributes }] });
      expect(await queue.receive('ios')).not.toHaveProperty('hint');
    }
  });

  it('sends, deletes and gives back where the message belongs', async () => {
    aws.onAnyCommand().resolves({});
    await queue.send(aHint({ platform: 'android' }));
    await queue.delete(aMessage());
    await queue.giveBack(aMessage({ platform: 'android' }), 17);
    expect(aws.commandCalls(SendMessageCommand)[0]?.args[0].input.QueueUrl).toBe(urls.android);
    expect(aws.commandCalls(DeleteMessageCommand)[0]?.args[0].input).toEqual({
      QueueUrl: urls.ios,
      ReceiptHandle: 'receipt-1',
    });
    expect(aws.commandCalls(ChangeMessageVisibilityCommand)[0]?.args[0].input).toEqual({
      QueueUrl: urls.android,
      ReceiptHandle: 'receipt-1',
      VisibilityTimeout: 17,
    });
  });
});
