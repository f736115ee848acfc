import { readFileSync } from 'node:fs';
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Call } from './stub.ts';

/**
 * The calls that a handler makes and nothing else: no parsing, no checks, no answer. Bundled and called as the handler is.
 * The clients are as the SDK makes them.
 */

const dynamodb = new DynamoDBClient({});
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const s3 = new S3Client({ forcePathStyle: true });

type Input = never;
const SENDERS: Readonly<Record<string, (input: Input) => Promise<unknown>>> = {
  GetItem: (input) => dynamodb.send(new GetItemCommand(input)),
  PutItem: (input) => dynamodb.send(new PutItemCommand(input)),
  Query: (input) => dynamodb.send(new QueryCommand(input)),
  UpdateItem: (input) => dynamodb.send(new UpdateItemCommand(input)),
  TransactWriteItems: (input) => dynamodb.send(new TransactWriteItemsCommand(input)),
  ReceiveMessage: (input) => sqs.send(new ReceiveMessageCommand(input)),
  SendMessage: (input) => sqs.send(new SendMessageCommand(input)),
  DeleteMessage: (input) => sqs.send(new DeleteMessageCommand(input)),
  HEAD: (input) => s3.send(new HeadObjectCommand(input)),
};

const calls = JSON.parse(readFileSync(process.env['BARE_CALLS'] ?? '', 'utf8')) as readonly Call[];
const sends = calls.map(({ operation, input }) => {
  const send = SENDERS[operation];
  if (!send) throw new Error(`nobody here sends ${operation}`);
  return () => send(input as Input);
});

export async function handler(): Promise<{ statusCode: number }> {
  for (const send of sends) await send();
  return { statusCode: Number(process.env['BARE_STATUS']) };
}
