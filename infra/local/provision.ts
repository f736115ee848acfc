import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { BucketAlreadyExists, BucketAlreadyOwnedByYou, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { buildQueueName, deadLetterQueueName, type QueueDefinition, queueDefinitions } from '../queues.ts';
import { bucketName } from '../storage.ts';
import { tableProperties } from '../tables.ts';
import type { AwsClients } from './aws-clients.ts';

export interface QueueUrls {
  readonly ios: string;
  readonly android: string;
  readonly deadLetters: string;
}

export interface Resources {
  readonly table: string;
  readonly queueUrls: QueueUrls;
  readonly buckets: { readonly sources: string; readonly results: string; readonly certs: string };
}

const TABLE_WITHIN_SECONDS = 60;

/** Creates what is not there yet, from the definitions that are deployed. May run at every start. */
export async function provision(clients: AwsClients, stage: string): Promise<Resources> {
  const buckets = {
    sources: bucketName(stage, 'sources'),
    results: bucketName(stage, 'results'),
    certs: bucketName(stage, 'certs'),
  };
  const [table, queues] = await Promise.all([
    createTable(clients.dynamodb, stage),
    createQueues(clients.sqs, queueDefinitions(stage)),
    ...Object.values(buckets).map((bucket) => createBucket(clients.s3, bucket)),
  ]);
  const url = (name: string) => {
    const found = queues.get(name);
    if (found === undefined) throw new Error(`no queue ${name} is defined`);
    return found;
  };
  const queueUrls = {
    ios: url(buildQueueName(stage, 'ios')),
    android: url(buildQueueName(stage, 'android')),
    deadLetters: url(deadLetterQueueName(stage)),
  };
  return { table, queueUrls, buckets };
}

async function createTable(client: DynamoDBClient, stage: string): Promise<string> {
  const table = tableProperties(stage);
  try {
    await client.send(new CreateTableCommand(table));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    await addIndexes(client, table);
  }
  await untilActive(client, table.TableName);
  return table.TableName;
}

const untilActive = (client: DynamoDBClient, TableName: string) =>
  waitUntilTableExists({ client, maxWaitTime: TABLE_WITHIN_SECONDS, minDelay: 1 }, { TableName });

/** A table of an older version lacks what was added since. DynamoDB makes one index at a time. */
async function addIndexes(client: DynamoDBClient, wanted: ReturnType<typeof tableProperties>): Promise<void> {
  const { TableName } = wanted;
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const attributes = new Map(Table?.AttributeDefinitions?.map((each) => [each.AttributeName, each]));
  const has = new Set(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName));
  for (const index of wanted.GlobalSecondaryIndexes.filter(({ IndexName }) => !has.has(IndexName))) {
    const keys = index.KeySchema.map(({ AttributeName }) => AttributeName);
    for (const each of wanted.AttributeDefinitions)
      if (keys.includes(each.AttributeName)) attributes.set(each.AttributeName, each);
    const GlobalSecondaryIndexUpdates = [{ Create: index }];
    const AttributeDefinitions = [...attributes.values()];
    await client.send(new UpdateTableCommand({ TableName, AttributeDefinitions, GlobalSecondaryIndexUpdates }));
    await untilActive(client, TableName);
  }
}

/** In the order of the definitions: a redrive policy names the ARN of a queue created before. */
async function createQueues(client: SQSClient, definitions: readonly QueueDefinition[]): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  for (const definition of definitions) {
    // Created bare and then set: creating with other attributes than it has would fail.
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: definition.name }));
    if (QueueUrl === undefined) throw new Error(`queue ${definition.name} has no URL`);
    urls.set(definition.name, await atEndpoint(client, QueueUrl));
    const Attributes = await queueAttributes(client, definition, urls);
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
  return urls;
}

/** An emulator may name a host that resolves nowhere, or the port it had when the queue was made. */
async function atEndpoint(client: SQSClient, queueUrl: string): Promise<string> {
  const { protocol, hostname, port } = (await client.config.endpoint?.()) ?? new URL(queueUrl);
  return `${protocol}//${hostname}${port ? `:${port}` : ''}${new URL(queueUrl).pathname}`;
}

async function queueAttributes(client: SQSClient, definition: QueueDefinition, urls: ReadonlyMap<string, string>) {
  const { visibilitySeconds, retentionSeconds, deadLetters } = definition;
  const attributes = {
    VisibilityTimeout: String(visibilitySeconds),
    MessageRetentionPeriod: String(retentionSeconds),
  };
  if (!deadLetters) return attributes;
  const command = new GetQueueAttributesCommand({ QueueUrl: urls.get(deadLetters.name), AttributeNames: ['QueueArn'] });
  const deadLetterTargetArn = (await client.send(command)).Attributes?.['QueueArn'];
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: deadLetters.maxReceiveCount });
  return { ...attributes, RedrivePolicy };
}

async function createBucket(client: S3Client, Bucket: string): Promise<void> {
  const region = await client.config.region();
  // us-east-1 is the one region that must not be named.
  const isNamed = region !== 'us-east-1';
  const place = isNamed ? { CreateBucketConfiguration: { LocationConstraint: region as never } } : {};
  try {
    await client.send(new CreateBucketCommand({ Bucket, ...place }));
  } catch (error) {
    // s3rver calls a bucket of our own by the name that S3 keeps for others'; a bucket of others fails at its first use.
    if (!(error instanceof BucketAlreadyOwnedByYou || error instanceof BucketAlreadyExists)) throw error;
  }
}
