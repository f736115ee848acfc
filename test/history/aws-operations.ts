import type { IncomingMessage } from 'node:http';
import type { EngineName } from '../../infra/local/engines.ts';

/** Every call that the functions make, as `aws-operations.test.ts` finds them. */
export const OPERATIONS = [
  ['dynamodb', 'GetItem'],
  ['dynamodb', 'BatchGetItem'],
  ['dynamodb', 'Query'],
  ['dynamodb', 'PutItem'],
  ['dynamodb', 'UpdateItem'],
  ['dynamodb', 'DeleteItem'],
  ['dynamodb', 'TransactWriteItems'],
  ['sqs', 'SendMessage'],
  ['sqs', 'ReceiveMessage'],
  ['sqs', 'DeleteMessage'],
  ['sqs', 'ChangeMessageVisibility'],
  ['s3', 'PutObject'],
  ['s3', 'HeadObject'],
  ['s3', 'GetObject'],
  ['s3', 'CopyObject'],
  ['s3', 'DeleteObject'],
  ['s3', 'CreateMultipartUpload'],
  ['s3', 'ListParts'],
  ['s3', 'CompleteMultipartUpload'],
  ['s3', 'AbortMultipartUpload'],
] as const satisfies readonly (readonly [EngineName, string])[];

export type Operation = (typeof OPERATIONS)[number][1];

type Asked = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

/** DynamoDB and SQS name it in a header; with S3 it is the method, and what is said beside it. */
export function operationOf({ headers, method = '', url = '' }: Asked): string {
  const target = headers['x-amz-target'];
  if (target !== undefined) return String(target).split('.').at(-1) ?? '';
  const query = new URL(url, 'http://s3').searchParams;
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('uploadId')) return OF_UPLOADS[method] ?? method;
  return headers['x-amz-copy-source'] === undefined ? (OF_OBJECTS[method] ?? method) : 'CopyObject';
}

const OF_UPLOADS: Readonly<Record<string, Operation>> = {
  GET: 'ListParts',
  POST: 'CompleteMultipartUpload',
  DELETE: 'AbortMultipartUpload',
};

const OF_OBJECTS: Readonly<Record<string, Operation>> = {
  PUT: 'PutObject',
  HEAD: 'HeadObject',
  GET: 'GetObject',
  DELETE: 'DeleteObject',
};
