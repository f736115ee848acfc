import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FunctionDefinition } from '../../infra/function-definition.ts';
import { DataDirInUse } from '../../infra/local/data-dir-lock.ts';
import { findBinary } from '../../infra/local/dynamodb-engine.ts';
import { type Stack, type StackOptions, startStack } from '../../infra/local/stack.ts';
import { queueDefinitions } from '../../infra/queues.ts';
import { tableProperties } from '../../infra/tables.ts';

const API_KEY = 'k'.repeat(32);

const common = { timeoutSeconds: 5, memoryMb: 256, env: [], may: [] } as const;
const FUNCTIONS: FunctionDefinition[] = [
  { ...common, file: 'api/environment', trigger: { kind: 'http', routes: ['GET /environment'] } },
  { ...common, file: 'queue/dead-letter', trigger: { kind: 'queue', queue: 'deadLetters', batchSize: 10 } },
  { ...common, file: 'schedule/sweep', trigger: { kind: 'schedule', everySeconds: 60 } },
];

let dataDir: string;
let open: (() => Promise<void> | void)[];
let calls: { file: string; event: unknown }[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'local-stack-'));
  open = [];
  calls = [];
});

afterEach(async () => {
  for (const close of open.reverse()) await close();
  rmSync(dataDir, { recursive: true });
});

async function start(more: Partial<StackOptions> = {}): Promise<Stack> {
  const load: StackOptions['load'] = async (file) => async (event) => {
    calls.push({ file, event });
    return file === 'api/environment' ? process.env : undefined;
  };
  const stack = await startStack({ dataDir, apiKey: API_KEY, hasTimers: false, functions: FUNCTIONS, load, ...more });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= stack.close();
    return closed;
  };
  open.push(close);
  return { ...stack, close };
}

function clientsOf({ engines, credentials, region }: Stack) {
  const clients = {
    dynamodb: new DynamoDBClient({ endpoint: engines.dynamodb, region, credentials }),
    sqs: new SQSClient({ endpoint: engines.sqs, region, credentials, useQueueUrlAsEndpoint: false }),
    s3: new S3Client({ endpoint: engines.s3, region, credentials, forcePathStyle: true }),
  };
  open.push(() => Object.values(clients).forEach((client) => void client.destroy()));
  return clients;
}

test('creates the table and the queues that are deployed', async () => {
  const stack = await start();
  const { dynamodb, sqs } = clientsOf(stack);
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: stack.table }));
  const wanted = tableProperties('local');
  expect(Table?.KeySchema).toEqual(wanted.KeySchema);
  const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
  expect(indexes).toHaveLength(wanted.GlobalSecondaryIndexes.length);
  expect(indexes).toEqual(expect.arrayContaining(wanted.GlobalSecondaryIndexes));
  const arns: string[] = [];
  for (const QueueUrl of [stack.queueUrls.deadLetters, stack.queueUrls.ios, stack.queueUrls.android]) {
    const definition = queueDefinitions('local').find(({ name }) => QueueUrl.endsWith(`/${name}`));
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    arns.push(Attributes['QueueArn'] ?? '');
    expect(Attributes['VisibilityTimeout']).toBe(String(definition?.visibilitySeconds));
    expect(Attributes['MessageRetentionPeriod']).toBe(String(definition?.retentionSeconds));
    const redrive = { deadLetterTargetArn: arns[0], maxReceiveCount: definition?.deadLetters?.maxReceiveCount };
    expect(Attributes['RedrivePolicy'] && JSON.parse(Attributes['RedrivePolicy'])).toEqual(
      definition?.deadLetters && redrive,
    );
  }
});

test('gives the functions the environment of a deployment, and takes it back', async () => {
  const before = { ...process.env };
  process.env['AWS_SESSION_TOKEN'] = 'somebody-else';
  open.push(() => {
    delete process.env['AWS_SESSION_TOKEN'];
  });
  const stack = await start({ publicUrl: 'https://builds.example.com', settings: { LEASE_SECONDS: '7' } });
  const seen: unknown = await (await fetch(`${stack.url}/environment`)).json();
  expect(seen).toMatchObject({
    CONTROLLER_API_KEY: API_KEY,
    TABLE_NAME: 'buildlatch-local',
    DYNAMODB_ENDPOINT: stack.engines.dynamodb,
    QUEUE_URL_IOS: `${stack.engines.sqs}/000000000000/buildlatch-local-ios`,
    QUEUE_URL_ANDROID: stack.queueUrls.android,
    DEAD_LETTERS_QUEUE_URL: stack.queueUrls.deadLetters,
    SQS_ENDPOINT: stack.engines.sqs,
    SOURCES_BUCKET: 'buildlatch-local-sources',
    RESULTS_BUCKET: 'buildlatch-local-results',
    S3_ENDPOINT: stack.engines.s3,
    S3_PUBLIC_ENDPOINT: 'https://builds.example.com',
    LEASE_SECONDS: '7',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: stack.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stack.credentials.secretAccessKey,
  });
  expect(seen).not.toHaveProperty('AWS_SESSION_TOKEN');
  await stack.close();
  expect(process.env).toEqual({ ...before, AWS_SESSION_TOKEN: 'somebody-else' });
});

test('puts proxies between the functions and the engines, and nowhere else', async () => {
  const stack = await start({ viaProxy: async (engine, address) => `http://${engine}.proxy/?to=${address}` });
  const seen: unknown = await (await fetch(`${stack.url}/environment`)).json();
  expect(seen).toMatchObject({
    DYNAMODB_ENDPOINT: `http://dynamodb.proxy/?to=${stack.engines.dynamodb}`,
    SQS_ENDPOINT: `http://sqs.proxy/?to=${stack.engines.sqs}`,
    S3_ENDPOINT: `http://s3.proxy/?to=${stack.engines.s3}`,
    S3_PUBLIC_ENDPOINT: stack.url,
  });
});

test('keeps items, messages, objects and open links over a restart', async () => {
  const first = await start();
  const before = clientsOf(first);
  const Item = { pk: { S: 'BUILD#1' }, sk: { S: 'META' } };
  await before.dynamodb.send(new PutItemCommand({ TableName: first.table, Item }));
  await before.sqs.send(new SendMessageCommand({ QueueUrl: first.queueUrls.ios, MessageBody: 'waiting' }));
  const object = { Bucket: first.buckets.sources, Key: 'a/b' };
  await before.s3.send(new PutObjectCommand({ ...object, Body: 'bytes', ContentType: 'text/x' }));
  const outside = new S3Client({ ...first, endpoint: first.url, forcePathStyle: true });
  const link = new URL(await getSignedUrl(outside, new GetObjectCommand(object)));
  outside.destroy();
  await first.close();

  const second = await start({ port: Number(new URL(first.url).port) });
  const after = clientsOf(second);
  expect((await after.dynamodb.send(new GetItemCommand({ TableName: second.table, Key: Item }))).Item).toEqual(Item);
  const { Messages } = await after.sqs.send(new ReceiveMessageCommand({ QueueUrl: second.queueUrls.ios }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['waiting']);
  expect(new URL(second.queueUrls.ios).origin).toBe(second.engines.sqs);
  const response = await fetch(link);
  expect([await response.text(), response.headers.get('content-type')]).toEqual(['bytes', 'text/x']);
});

test('keeps what it keeps to its owner, where an older version was more open too', async () => {
  const mode = (path: string) => (statSync(join(dataDir, path)).mode & 0o777).toString(8);
  chmodSync(dataDir, 0o755);
  await (await start()).close();
  expect([mode('.'), mode('credentials.json'), mode('dynamodb.sqlite')]).toEqual(['700', '600', '600']);
  chmodSync(join(dataDir, 'dynamodb.sqlite'), 0o644);
  await start();
  expect(mode('dynamodb.sqlite')).toBe('600');
  const inner = join(dataDir, 'inner');
  await start({ dataDir: inner });
  expect(mode('inner')).toBe('700');
});

test('uses engines that run elsewhere and creates there what is missing', async () => {
  const other = await start();
  const mine = mkdtempSync(join(tmpdir(), 'local-stack-'));
  open.push(() => rmSync(mine, { recursive: true }));
  const stack = await start({ dataDir: mine, endpoints: other.engines });
  expect(stack.engines).toEqual(other.engines);
  expect((await fetch(`${stack.url}/buildlatch-local-sources/x`)).status).toBe(404);
  const { dynamodb } = clientsOf(stack);
  expect((await dynamodb.send(new DescribeTableCommand({ TableName: stack.table }))).Table?.TableStatus).toBe('ACTIVE');
});

test('hands scheduled events and waiting dead letters to their functions', async () => {
  const stack = await start({ clock: () => Date.UTC(2026, 10, 24) });
  await stack.runSchedule();
  const { sqs } = clientsOf(stack);
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrls.deadLetters, MessageBody: 'dead' }));
  expect([await stack.pollQueues(), await stack.pollQueues()]).toEqual([1, 0]);
  expect(calls).toMatchObject([
    { file: 'schedule/sweep', event: { time: '2026-11-24T00:00:00Z' } },
    { file: 'queue/dead-letter', event: { Records: [{ body: 'dead' }] } },
  ]);
});

test('runs schedule and pollers by itself, and stops them', async () => {
  const stack = await start({ hasTimers: true, scheduleSeconds: 0.1 });
  const { sqs } = clientsOf(stack);
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrls.deadLetters, MessageBody: 'dead' }));
  const called = () => [...new Set(calls.map(({ file }) => file))].sort();
  await expect.poll(called, { timeout: 10_000 }).toEqual(['queue/dead-letter', 'schedule/sweep']);
  await stack.close();
});

test('refuses a data directory that is in use, and leaves its holder alone', async () => {
  const stack = await start();
  const refused = start();
  await expect(refused).rejects.toThrow(DataDirInUse);
  await expect(refused).rejects.toThrow(`${dataDir} is in use by another running controller (pid ${process.pid})`);
  expect((await fetch(`${stack.url}/environment`)).status).toBe(200);
  await stack.close();
  await start();
});

test('refuses a bad API key before it touches anything', async () => {
  const nowhere = join(dataDir, 'nowhere');
  await expect(start({ dataDir: nowhere, apiKey: 'short' })).rejects.toThrow(
    'CONTROLLER_API_KEY must be set and at least 32 characters',
  );
  expect(() => statSync(nowhere)).toThrow('ENOENT');
});

test.each([
  [
    'a function that cannot be loaded',
    { load: () => Promise.reject(new Error('no such function')) },
    'no such function',
  ],
  ['a proxy that does not start', { viaProxy: () => Promise.reject(new Error('no proxy')) }, 'no proxy'],
])('closes everything after %s', async (_, options, message) => {
  await expect(start(options)).rejects.toThrow(message);
  // The lock is free, so the engines that were started before it was given back are gone too.
  await start();
});

test('names the port that is taken', async () => {
  const stack = await start();
  const mine = mkdtempSync(join(tmpdir(), 'local-stack-'));
  open.push(() => rmSync(mine, { recursive: true }));
  await expect(start({ dataDir: mine, port: Number(new URL(stack.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('says what else there is where the database engine does not run', () => {
  expect(() => findBinary('sunos', 'sparc')).toThrow(
    /@dynoxide\/sunos-sparc[\s\S]*DYNAMODB_ENDPOINT[\s\S]*java -jar[\s\S]*docker run[\s\S]*on AWS/,
  );
});

test('does not guess at a broken key file', async () => {
  const stack = await start();
  await stack.close();
  const path = join(dataDir, 'credentials.json');
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 20));
  await expect(start()).rejects.toThrow('credentials.json cannot be read');
});
