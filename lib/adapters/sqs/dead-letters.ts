import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
  type Message as SqsMessage,
} from '@aws-sdk/client-sqs';
import type { DeadLetter, DeadLetters } from '../../app/ports.ts';
import { parseHint } from './hint.ts';

/** The queue of what nobody could use, at this address. */
export function deadLetterQueue(client: SQSClient, QueueUrl: string): DeadLetters {
  return {
    receive: async (hiddenSeconds) => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: hiddenSeconds,
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        }),
      );
      return Messages.map(toLetter);
    },
    delete: async ({ receipt }) => {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
    },
    giveBack: async ({ receipt }) => {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 }));
    },
  };
}

function toLetter({ MessageId, ReceiptHandle, Body, Attributes }: SqsMessage): DeadLetter {
  if (!MessageId || !ReceiptHandle) throw new Error('SQS answered a message without id or receipt handle');
  const hint = parseHint(Body ?? '');
  return {
    id: MessageId,
    receipt: ReceiptHandle,
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    ...(hint && { hint }),
  };
}
