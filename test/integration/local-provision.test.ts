import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AwsClients } from '../../infra/local/aws-clients.ts';
import { type ChildEngine, startDynamoDb } from '../../infra/local/dynamodb-engine.ts';
import { provision } from '../../infra/local/provision.ts';
import { tableProperties } from '../../infra/tables.ts';
import { toBuildItem } from '../../lib/adapters/dynamo/build-item.ts';
import { waitingBuilds } from '../../lib/adapters/dynamo/waiting-builds.ts';
import { aBuild, NOW } from '../support/builders.ts';
import { RECORD_DAYS } from '../support/settings.ts';

let folder: string;
let engine: ChildEngine;
let client: DynamoDBClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'buildlatch-test-'));
  engine = await startDynamoDb(join(folder, 'table.db'));
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: engine.address, region: 'us-east-1', credentials });
});
afterEach(async () => {
  client.destroy();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What is asked of the other engines is of no interest here. */
const noQueuesNorBuckets = {
  send: async () => ({ QueueUrl: 'http://queue.test/', Attributes: { QueueArn: 'arn' } }),
  config: { region: async () => 'us-east-1' },
};
const clients = () => ({ dynamodb: client, sqs: noQueuesNorBuckets, s3: noQueuesNorBuckets }) as unknown as AwsClients;

it('gives a table of an older version the indexes that it lacks, with what is in it', async () => {
  const { GlobalSecondaryIndexes, AttributeDefinitions, ...table } = tableProperties('test');
  const older = GlobalSecondaryIndexes.filter(({ IndexName }) => !['waiting', 'worker'].includes(IndexName));
  const names = [table, ...older].flatMap(({ KeySchema }) => KeySchema.map(({ AttributeName }) => AttributeName));
  const known = AttributeDefinitions.filter(({ AttributeName }) => names.includes(AttributeName));
  await client.send(new CreateTableCommand({ ...table, AttributeDefinitions: known, GlobalSecondaryIndexes: older }));
  const build = { ...toBuildItem(aBuild('pending', { labels: ['a'], rank: NOW })), waitPartition: 'ios#a' };
  const Item = marshall(build, { removeUndefinedValues: true });
  await client.send(new PutItemCommand({ TableName: table.TableName, Item }));

  for (const _start of ['first', 'second']) await provision(clients(), 'test');
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table.TableName }));
  const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort();
  expect(indexes).toEqual(GlobalSecondaryIndexes.map(({ IndexName }) => IndexName).sort());
  const stores = { client, name: table.TableName, pause: async () => {}, chance: () => 0, recordDays: RECORD_DAYS };
  expect(await waitingBuilds(stores).labelled('ios', 'a', ['a'])).toMatchObject([{ buildId: 'build-1' }]);
});
