import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
  type Message as SqsMessage,
} from '@aws-sdk/client-sqs';
import type { BuildQueue, Message } from '../../app/ports.ts';
import type { Platform } from '../../domain/build.ts';
import { parseHint, renderHint } from './hint.ts';

/** One queue for each platform. `urls` are the queues' addresses. */
export function buildQueue(client: SQSClient, urls: Readonly<Record<Platform, string>>): BuildQueue {
  return {
    send: async (hint) => {
      await client.send(new SendMessageCommand({ QueueUrl: urls[hint.platform], MessageBody: renderHint(hint) }));
    },
    receive: async (platform) => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: urls[platform],
          // More than one would hoard builds while their visibility runs.
          MaxNumberOfMessages: 1,
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        }),
      );
      return Messages[0] && toMessage(Messages[0], platform);
    },
    delete: async ({ platform, receipt }) => {
      await client.send(new DeleteMessageCommand({ QueueUrl: urls[platform], ReceiptHandle: receipt }));
    },
    giveBack: async ({ platform, receipt }, seconds) => {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urls[platform],
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds,
        }),
      );
    },
  };
}

function toMessage({ MessageId, ReceiptHandle, Body, Attributes }: SqsMessage, platform: Platform): Message {
  if (!MessageId || !ReceiptHandle) throw new Error('SQS answered a message without id or receipt handle');
  const hint = parseHint(Body ?? '');
  return {
    id: MessageId,
    receipt: ReceiptHandle,
    platform,
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    // One that strayed into the other platform's queue leads nowhere either.
    ...(hint?.platform === platform && { hint }),
  };
}
