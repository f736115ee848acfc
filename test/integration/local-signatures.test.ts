import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsClients, createAwsClients } from '../../infra/local/aws-clients.ts';
import { createClosers } from '../../infra/local/closers.ts';
import type { Credentials } from '../../infra/local/credentials.ts';
import { type Engines, startEngines } from '../../infra/local/engines.ts';

const BUCKET = 'buildlatch-local-sources';
const closers = createClosers();
let dataDir: string;
let engines: Engines;
let clients: AwsClients;
let QueueUrl: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'local-signatures-'));
  engines = await startEngines(dataDir, {}, closers);
  clients = createAwsClients(engines.endpoints, engines.region, engines.credentials);
  QueueUrl = (await clients.sqs.send(new CreateQueueCommand({ QueueName: 'queue' }))).QueueUrl ?? '';
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'sources/1', Body: 'secret' }));
});
afterAll(async () => {
  clients.close();
  await closers.closeAll();
  rmSync(dataDir, { recursive: true });
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function answerTo(engine: 'sqs' | 's3', { method, path, headers, body }: Sent) {
  const url = new URL(engines.endpoints[engine]);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const { hostname, port } = url;
  httpRequest({ hostname, port, method, path, headers }, async (answer) => {
    resolve({ status: answer.statusCode ?? 0, text: (await buffer(answer)).toString('utf8') });
  })
    .once('error', reject)
    .end(body);
  return promise;
}

/** The request that a client would send, signed by whoever it is. */
async function signed(engine: 'sqs' | 's3', credentials: Credentials): Promise<Sent> {
  const options = { endpoint: engines.endpoints[engine], region: 'us-east-1', credentials, maxAttempts: 1 };
  let sent: Sent | undefined;
  const keep = () => async (args: { request: unknown }) => {
    const { method, path, query, headers, body } = args.request as Omit<Sent, 'body'> & {
      query: Record<string, string>;
      body: string | undefined;
    };
    const asked = new URLSearchParams(query).toString();
    sent = { method, path: asked ? `${path}?${asked}` : path, headers, body: Buffer.from(body ?? '') };
    throw new Error('kept');
  };
  const step = { step: 'finalizeRequest', priority: 'low' } as const;
  if (engine === 's3') {
    const client = new S3Client({ ...options, forcePathStyle: true });
    client.middlewareStack.add(keep, step);
    await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'sources/1' })).catch(() => {});
  } else {
    const client = new SQSClient({ ...options, useQueueUrlAsEndpoint: false });
    client.middlewareStack.add(keep, step);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'forged' })).catch(() => {});
  }
  if (!sent) throw new Error('nothing was sent');
  return sent;
}

const others: Credentials = { accessKeyId: 'LOCAL0123456789ABCDEF', secretAccessKey: 's'.repeat(43) };
const depth = async () =>
  (await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes?.[
    'ApproximateNumberOfMessages'
  ];

describe.each(['sqs', 's3'] as const)('%s on the loopback', (engine) => {
  it('serves what is signed with our key', async () => {
    expect((await answerTo(engine, await signed(engine, engines.credentials))).status).toBe(200);
    if (engine === 'sqs') await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 600 }));
  });

  it.each([
    ['no signature', ({ headers: { authorization: _, ...headers }, ...rest }: Sent) => ({ ...rest, headers })],
    ['a signature that is none', (sent: Sent) => ({ ...sent, headers: { ...sent.headers, authorization: 'AWS a:b' } })],
    ['another address', (sent: Sent) => ({ ...sent, path: `${sent.path.replace('1', '2')}?x=1` })],
    ['another method', (sent: Sent) => ({ ...sent, method: 'PUT' })],
    ['a header changed that is signed', (sent: Sent) => ({ ...sent, headers: { ...sent.headers, 'x-amz-date': 'x' } })],
  ] as const)('refuses %s, and does nothing', async (_what, change) => {
    const answer = await answerTo(engine, change(await signed(engine, engines.credentials)));
    expect([answer.status, /AccessDenied/.exec(answer.text)?.[0]]).toEqual([403, 'AccessDenied']);
    expect(await depth()).toBe('0');
  });

  it('refuses whoever signs with another key, or with our key’s name', async () => {
    for (const who of [others, { ...others, accessKeyId: engines.credentials.accessKeyId }]) {
      expect((await answerTo(engine, await signed(engine, who))).status).toBe(403);
    }
    expect(await depth()).toBe('0');
  });
});

it('a message that was changed on its way is refused', async () => {
  const sent = await signed('sqs', engines.credentials);
  expect(sent.body.toString()).toContain('forged');
  const body = Buffer.from(sent.body.toString().replace('forged', 'FORGED'));
  expect((await answerTo('sqs', { ...sent, body })).status).toBe(403);
  expect(await depth()).toBe('0');
});

it('what is larger than any message is refused before it has come', async () => {
  const { path, headers } = await signed('sqs', engines.credentials);
  const large = { ...headers, 'content-length': String(3 * 1024 ** 2) };
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const request = httpRequest(`${engines.endpoints.sqs}${path}`, { method: 'POST', headers: large });
  request.once('response', ({ statusCode }) => resolve(statusCode)).once('error', reject);
  request.write('x');
  expect(await promise).toBe(403);
  request.destroy();
});

it('an address that nobody can read is refused like any other', async () => {
  const sent = { ...(await signed('s3', engines.credentials)), path: '/%ff' };
  expect((await answerTo('s3', sent)).status).toBe(403);
});

it('an object’s presigned address is for the controller’s own port, not for this one', async () => {
  const url = await getSignedUrl(clients.s3, new GetObjectCommand({ Bucket: BUCKET, Key: 'sources/1' }));
  const { pathname, search } = new URL(url);
  const { status, text } = await answerTo('s3', {
    method: 'GET',
    path: pathname + search,
    headers: {},
    body: Buffer.alloc(0),
  });
  expect([status, text.includes('secret')]).toEqual([403, false]);
});

it('a key with any character in it is signed as it is sent', async () => {
  const Key = "a b/ü+(1)'*~&=.zip";
  await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x', Metadata: { note: 'two  words' } }));
  const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  expect(await Body?.transformToString()).toBe('x');
  expect(readdirSync(join(dataDir, 's3/objects', BUCKET, 'a b'))).toHaveLength(3);
});
