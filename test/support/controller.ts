import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Stack, type StackOptions, startStack } from '../../infra/local/stack.ts';
import { checkAnswer } from './check-answers.ts';
import { enforcingRoles } from './enforced-roles.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are compared field by field in the tests
type Json = any;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface TestWorker {
  readonly id: string;
  readonly token: string;
}

export interface TestBuild {
  readonly id: string;
  readonly token: string;
  readonly source: Buffer;
}

export type Controller = Awaited<ReturnType<typeof startController>>;

/** The whole controller on the embedded engines, one for each test file; timers off, so that nothing moves by itself. Functions
 * may do what their roles say and nothing else. */
export async function startController(options: Partial<StackOptions> = {}) {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'buildlatch-test-')));
  const apiKey = options.apiKey ?? randomBytes(32).toString('base64url');
  const hooks = { load: enforcingRoles(), onAnswer: checkAnswer };
  const stack = await startStack({ hasTimers: false, ...hooks, ...options, dataDir, apiKey });
  const http = client(stack.url, apiKey);
  return {
    ...http,
    ...tableAccess(stack),
    stack,
    dataDir,
    close: async () => {
      await stack.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** What a test says to a controller over HTTP, whoever runs it. */
export function client(url: string, apiKey: string) {
  const key = { 'x-api-key': apiKey };

  async function request(
    method: string,
    path: string,
    options: { headers?: Record<string, string>; json?: unknown; body?: NonNullable<RequestInit['body']> } = {},
  ): Promise<Answer> {
    const json = options.json === undefined ? undefined : JSON.stringify(options.json);
    const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
    const body = json ?? options.body;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...type, ...options.headers },
      redirect: 'manual',
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    });
    const text = await response.text();
    const isJson = text !== '' && (response.headers.get('content-type')?.includes('json') ?? false);
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  /** By multipart, as the old command line does it: one request. */
  async function submit(platform = 'ios', source = randomBytes(64)): Promise<TestBuild> {
    const form = new FormData();
    form.append('platform', platform);
    form.append('source', new Blob([new Uint8Array(source)]), 'project.tar.gz');
    const { status, body, text } = await request('POST', '/api/builds/submit', { headers: key, body: form });
    if (status !== 200) throw new Error(`submit answered ${status}: ${text}`);
    return { id: body.id, token: body.access_token, source };
  }

  async function register(name = 'worker', platforms = ['ios'], more: object = {}): Promise<TestWorker> {
    const json = { name, capabilities: { platforms }, ...more };
    const { status, body, text } = await request('POST', '/api/workers/register', { headers: key, json });
    if (status !== 200) throw new Error(`register answered ${status}: ${text}`);
    return { id: body.id, token: body.access_token };
  }

  const as = (worker: TestWorker) => ({ 'x-worker-token': worker.token });
  const poll = (worker: TestWorker) => request('GET', '/api/workers/poll', { headers: as(worker) });

  /** A new build in the hands of a new worker, or of that one. No other may wait for the platform. */
  async function assigned(platform = 'ios', worker?: TestWorker): Promise<{ build: TestBuild; worker: TestWorker }> {
    const build = await submit(platform);
    const taker = worker ?? (await register('worker', [platform]));
    const { status, body, text } = await poll(taker);
    if (status !== 200 || body.job?.id !== build.id) throw new Error(`${build.id} was not granted: ${status} ${text}`);
    return { build, worker: taker };
  }

  const heartbeat = (worker: TestWorker, buildId: string, json: object = {}) =>
    request('POST', `/api/builds/${buildId}/heartbeat`, { headers: as(worker), json });
  const status = async (buildId: string): Promise<Json> =>
    (await request('GET', `/api/builds/${buildId}/status`, { headers: key })).body;

  /** Uploads a result and reports success; the answer is that of the report. */
  async function complete(worker: TestWorker, buildId: string, result = randomBytes(32)): Promise<Answer> {
    const sha256 = createHash('sha256').update(result).digest('hex');
    const json = { size: result.length, sha256 };
    const upload = await request('POST', `/api/builds/${buildId}/uploads`, { headers: as(worker), json });
    if (upload.status !== 200) return upload;
    const put = await fetch(upload.body.url, {
      method: 'PUT',
      headers: upload.body.headers,
      body: new Uint8Array(result),
    });
    if (put.status !== 200) throw new Error(`PUT answered ${put.status}`);
    const finish = { build_id: buildId, success: true, upload_id: upload.body.upload_id };
    return request('POST', '/api/workers/result', { headers: as(worker), json: finish });
  }

  return { url, apiKey, key, request, submit, register, as, poll, assigned, heartbeat, status, complete };
}

/** The engines behind the controller's back: to look at what is true, and to break it. */
function tableAccess(stack: Stack) {
  const { engines, region, credentials, table, queueUrls } = stack;
  const dynamo = new DynamoDBClient({ endpoint: engines.dynamodb, region, credentials });
  const sqs = new SQSClient({ endpoint: engines.sqs, region, credentials, useQueueUrlAsEndpoint: false });

  /** Every item of the table as it is now. */
  async function items(): Promise<Json[]> {
    const found: Json[] = [];
    for await (const page of paginateScan({ client: dynamo }, { TableName: table, ConsistentRead: true })) {
      found.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    }
    return found;
  }

  /** Sets attributes of an item directly, past every rule; `undefined` removes one. */
  async function tamper(pk: string, sk: string, attributes: Record<string, unknown>): Promise<void> {
    const names = Object.keys(attributes);
    const part = (isSet: boolean) =>
      names.flatMap((name, index) =>
        (attributes[name] !== undefined) === isSet ? [isSet ? `#${index} = :${index}` : `#${index}`] : [],
      );
    const [set, remove] = [part(true), part(false)];
    const values = Object.fromEntries(
      names.flatMap((name, index) => (attributes[name] === undefined ? [] : [[`:${index}`, attributes[name]]])),
    );
    await dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: marshall({ pk, sk }),
        UpdateExpression: [
          set.length > 0 && `SET ${set.join(', ')}`,
          remove.length > 0 && `REMOVE ${remove.join(', ')}`,
        ]
          .filter(Boolean)
          .join(' '),
        ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
        ...(set.length > 0 && { ExpressionAttributeValues: marshall(values) }),
      }),
    );
  }

  return {
    dynamo,
    sqs,
    items,
    tamper,
    tamperBuild: (id: string, attributes: Record<string, unknown>) => tamper(`BUILD#${id}`, 'BUILD', attributes),
    tamperWorker: (id: string, attributes: Record<string, unknown>) => tamper(`WORKER#${id}`, 'WORKER', attributes),
    putItem: (item: object) => dynamo.send(new PutItemCommand({ TableName: table, Item: marshall(item) })),
    item: async (pk: string, sk: string): Promise<Json> =>
      (await items()).find((item) => item.pk === pk && item.sk === sk),
    buildItem: async (id: string): Promise<Json> =>
      (await items()).find((item) => item.pk === `BUILD#${id}` && item.sk === 'BUILD'),
    workerItem: async (id: string): Promise<Json> => (await items()).find((item) => item.pk === `WORKER#${id}`),
    /** Messages that wait, and messages that are hidden. */
    depth: async (queue: 'ios' | 'android' | 'deadLetters'): Promise<{ waiting: number; hidden: number }> => {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrls[queue],
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return {
        waiting: Number(Attributes?.ApproximateNumberOfMessages),
        hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
      };
    },
    sendRaw: (queue: 'ios' | 'android' | 'deadLetters', body: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrls[queue], MessageBody: body })),
    purge: (queue: 'ios' | 'android') => sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrls[queue] })),
  };
}
