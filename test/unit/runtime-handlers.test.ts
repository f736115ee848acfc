import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PAGE_FOLDER } from '../../infra/bundle-folder.ts';
import { FUNCTIONS } from '../../infra/functions.ts';
import { loadFromFunctions } from '../../infra/local/lambda-runtime.ts';
import { aContext, anEvent, SHA } from '../support/builders.ts';
import { LOADABLE } from '../support/loadable-environment.ts';
import { loggedEvents } from '../support/quiet.ts';

const KEY = 'k'.repeat(43);
/** Every call to AWS, whichever service it is for. */
const send = vi.fn<(command: unknown, options?: { abortSignal?: AbortSignal }) => Promise<never>>();
/** Like the SDK's: it ends only when it is aborted. */
const hang: typeof send = vi.fn((_command, options) => {
  const { promise, reject } = Promise.withResolvers<never>();
  options?.abortSignal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  return promise;
});
const CLIENTS = [DynamoDBClient.prototype, SQSClient.prototype, S3Client.prototype];
const ENVIRONMENT = {
  ...LOADABLE,
  CONTROLLER_API_KEY: KEY,
  AWS_SECRET_ACCESS_KEY: 'the-secret-access-key',
  PAGE_FOLDER,
};

/** A request that every route takes, by who may do everything. */
const fields = { platform: 'ios', upload_id: `1-${'u'.repeat(21)}`, build_id: 'build-1', size: 1, sha256: SHA };
const body = JSON.stringify({
  ...fields,
  name: 'x',
  scopes: ['read'],
  capabilities: {},
  level: 'info',
  message: 'x',
  otp: 'x',
  reason: 'x',
  type: 'heartbeat',
});
const event = anEvent({
  headers: { 'x-api-key': KEY, 'x-worker-id': 'worker-1', 'x-build-id': 'build-1', 'x-vm-token': 'v'.repeat(43) },
  queryStringParameters: { worker_id: 'worker-1' },
  pathParameters: { id: 'build-1' },
  body,
});

/** What is a machine's status here is a build's elsewhere. */
const report = JSON.stringify({ status: 'healthy', duration_ms: 1, checks: [] });

/** These answer without asking anybody: they sign, tell what is written down, or refuse. */
const ALONE = [
  'api/create-source-upload',
  'api/describe-api',
  'api/not-found',
  'api/show-dashboard',
  'api/show-own-key',
];
const http = FUNCTIONS.filter(({ trigger }) => trigger.kind === 'http');
const asking = http.filter(({ file }) => !ALONE.includes(file));

type Answer = { statusCode: number; headers: Record<string, string>; body: string };
const handlers = new Map<string, Awaited<ReturnType<typeof loadFromFunctions>>>();
beforeAll(async () => {
  for (const client of CLIENTS) Object.assign(client, { send });
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  for (const { file } of http) handlers.set(file, await loadFromFunctions(file));
});
afterAll(() => {
  vi.unstubAllEnvs();
  for (const client of CLIENTS) Reflect.deleteProperty(client, 'send');
});

const eventFor = (file: string) => (file === 'api/store-diagnostics' ? { ...event, body: report } : event);

async function call(file: string, remainingMs?: number) {
  const handler = handlers.get(file);
  if (!handler) throw new Error(`${file} was not loaded`);
  const { statusCode, headers, body: text } = (await handler(eventFor(file), aContext(remainingMs))) as Answer;
  return {
    status: statusCode,
    retryAfter: headers['retry-after'],
    text,
    json: headers['content-type'] === 'application/json' ? JSON.parse(text) : undefined,
  };
}

describe('every exported handler', () => {
  it.each(asking)('$file answers in time that it could not, when AWS does not answer', async ({ file }) => {
    send.mockReset().mockImplementation(hang);
    expect(await call(file, 505)).toMatchObject({
      status: 503,
      retryAfter: '5',
      json: { code: 'unavailable', requestId: 'request-1' },
    });
    expect(send).toHaveBeenCalled();
    for (const [, options] of send.mock.calls) expect(options?.abortSignal?.aborted).toBe(true);
  });

  it.each(asking)('$file answers a throttle as temporary', async ({ file }) => {
    const throttle = Object.assign(new Error('slow down buildlatch-test'), { name: 'ThrottlingException' });
    send.mockReset().mockRejectedValue(throttle);
    expect(await call(file)).toMatchObject({ status: 503, retryAfter: '5' });
  });

  it.each(asking)('$file tells nothing of what it did not expect, and logs it once', async ({ file }) => {
    send.mockReset().mockRejectedValue(new Error('no table buildlatch-test'));
    const { status, text, json } = await call(file);
    expect([status, json]).toEqual([500, { error: 'Internal error', code: 'internal_error', requestId: 'request-1' }]);
    expect(text).not.toContain('buildlatch-test');
    const [line, ...more] = loggedEvents('request_failed');
    expect([line?.['error'], more]).toEqual([expect.objectContaining({ stack: expect.any(String) }), []]);
    expect(JSON.stringify(loggedEvents())).not.toMatch(new RegExp(`${KEY}|the-secret-access-key`));
  });

  it.each(ALONE)('%s asks nobody', async (file) => {
    send.mockReset().mockRejectedValue(new Error('nobody is there'));
    expect((await call(file)).status).toBe(file === 'api/not-found' ? 404 : 200);
    expect(send).not.toHaveBeenCalled();
  });
});
