import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, expect, test } from 'vitest';

const START = fileURLToPath(new URL('../../infra/local/start.ts', import.meta.url));
const RUN_CONTROLLER = new URL('../../infra/local/run-controller.ts', import.meta.url).href;
const API_KEY = 'k'.repeat(32);

/** `npm start` with functions that answer their environment: the real ones are not what is tested here. */
const WITH_STUBS = [
  '--input-type=module',
  '-e',
  `
  import { runController } from '${RUN_CONTROLLER}';
  await runController([], { load: async () => async () => ({ env: process.env }) });
`,
];

type Child = ChildProcessByStdio<null, Readable, Readable>;

let parent: string;
let dataDir: string;
let running: Child[];
let open: (() => void)[];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'local-start-'));
  dataDir = join(parent, 'data');
  running = [];
  open = [];
});

afterEach(async () => {
  for (const close of open) close();
  for (const child of running) {
    const exited = exitOf(child);
    child.kill('SIGKILL');
    await exited;
  }
  await expect.poll(enginePids).toEqual([]);
  rmSync(parent, { recursive: true });
});

function node(args: string[], env: Record<string, string> = {}): Child {
  const { PATH = '' } = process.env;
  const childEnv = { PATH, DATA_DIR: dataDir, PORT: '0', ...env };
  const child = spawn(process.execPath, args, { cwd: parent, env: childEnv, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return child;
}

const exitOf = (child: Child) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', (code) => resolve(code));
  });

async function outcomeOf(child: Child) {
  const [code, stdout, stderr] = await Promise.all([exitOf(child), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

async function urlOf(child: Child): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Buildlatch listening on (http:\S+)$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error(`it ended instead: ${await text(child.stderr)}`);
}

/** Processes that run the database engine on this test's directory. */
function enginePids(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => commandLine(pid).includes(`${dataDir}/dynamodb.sqlite`)).map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return '';
    throw error;
  }
}

async function clientsOf(url: string) {
  const { env } = JSON.parse(await (await fetch(`${url}/health`)).text());
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY };
  const common = { region: 'us-east-1', credentials };
  const dynamodb = new DynamoDBClient({ ...common, endpoint: env.DYNAMODB_ENDPOINT });
  const sqs = new SQSClient({ ...common, endpoint: env.SQS_ENDPOINT, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client({
    ...common,
    endpoint: url,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  open.push(() => [dynamodb, sqs, s3].forEach((client) => void client.destroy()));
  return { dynamodb, sqs, s3, env };
}

const HINT = `Make one with: node -p "require('node:crypto').randomBytes(32).toString('base64url')"\n`;

test.each([
  ['no API key', {}, `CONTROLLER_API_KEY must be set and at least 32 characters\n${HINT}`],
  [
    'a short API key',
    { CONTROLLER_API_KEY: 'x'.repeat(31) },
    `CONTROLLER_API_KEY must be set and at least 32 characters\n${HINT}`,
  ],
  ['a bad port', { CONTROLLER_API_KEY: API_KEY, PORT: '70000' }, 'PORT must be a whole number from 0 to 65535\n'],
  [
    'a port that is no number',
    { CONTROLLER_API_KEY: API_KEY, PORT: '3e3' },
    'PORT must be a whole number from 0 to 65535\n',
  ],
  [
    'a public URL with a path',
    { CONTROLLER_API_KEY: API_KEY, PUBLIC_URL: 'https://x.example.com/builds' },
    'PUBLIC_URL must be an http or https address without a path, like https://builds.example.com\n',
  ],
  [
    'a bad endpoint',
    { CONTROLLER_API_KEY: API_KEY, AWS_ENDPOINT_URL: 'localhost:4566' },
    'AWS_ENDPOINT_URL must be an http or https address\n',
  ],
])('refuses to start with %s, and makes nothing', async (_, env, stderr) => {
  expect(await outcomeOf(node([START], env))).toEqual({ code: 1, stdout: '', stderr });
  expect(existsSync(dataDir)).toBe(false);
});

test('names a bad lease setting', async () => {
  const outcome = await outcomeOf(node([START], { CONTROLLER_API_KEY: API_KEY, LEASE_SECONDS: 'soon' }));
  expect(outcome).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Bad environment: LEASE_SECONDS: /),
  });
  expect(existsSync(dataDir)).toBe(false);
});

test('prints its settings on --help', async () => {
  const { code, stdout, stderr } = await outcomeOf(node([START, '--help']));
  expect([code, stderr]).toEqual([0, '']);
  for (const name of ['PORT', 'HOST', 'PUBLIC_URL', 'DATA_DIR', 'SCHEDULE_SECONDS'])
    expect(stdout).toContain(`  ${name} `);
});

test.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, then exits with 0 and leaves no engine', async (signal) => {
  const child = node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY });
  const url = await urlOf(child);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(enginePids()).not.toEqual([]);
  child.kill(signal);
  // As npm does: passes on what the terminal has already sent.
  child.kill(signal);
  expect(await exitOf(child)).toBe(0);
  await expect.poll(enginePids).toEqual([]);
});

test('refuses a second controller on the same directory', async () => {
  const first = node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY });
  const url = await urlOf(first);
  const second = await outcomeOf(node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY }));
  const stderr = `${dataDir} is in use by another running controller (pid ${first.pid})\n`;
  expect(second).toEqual({ code: 1, stdout: '', stderr });
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('says so when the port is taken, and leaves no engine', async () => {
  const port = new URL(await urlOf(node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY }))).port;
  const DATA_DIR = join(parent, 'other');
  const second = await outcomeOf(node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY, PORT: port, DATA_DIR }));
  expect(second).toEqual({ code: 1, stdout: '', stderr: `Port ${port} is already in use: set PORT to another one\n` });
});

test('warns about links that only this machine can follow', async () => {
  const child = node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY, HOST: '0.0.0.0' });
  const stderr = text(child.stderr);
  await urlOf(child);
  child.kill('SIGTERM');
  expect(await stderr).toMatch(/^HOST is 0\.0\.0\.0 and PUBLIC_URL is not set/);
});

test('ends with 1 when its database engine dies', async () => {
  const child = node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY });
  const stderr = text(child.stderr);
  await urlOf(child);
  const engine = enginePids().find((pid) => !commandLine(String(pid)).startsWith('/bin/sh'));
  process.kill(engine ?? 0, 'SIGKILL');
  expect(await exitOf(child)).toBe(1);
  expect(await stderr).toContain('The DynamoDB engine ended by itself with exit code 137');
});

test('leaves no engine behind and loses nothing when it is killed', async () => {
  const first = node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY });
  const before = await clientsOf(await urlOf(first));
  const Item = { pk: { S: 'BUILD#1' }, sk: { S: 'META' } };
  const queue = { QueueUrl: before.env.QUEUE_URL_IOS };
  await before.dynamodb.send(new PutItemCommand({ TableName: before.env.TABLE_NAME, Item }));
  await before.sqs.send(new SendMessageCommand({ ...queue, MessageBody: 'in flight' }));
  // Taken and never deleted, for a second: the crash must not keep it.
  await before.sqs.send(new ReceiveMessageCommand({ ...queue, VisibilityTimeout: 1 }));
  const object = { Bucket: before.env.SOURCES_BUCKET, Key: 'half' };
  const half = await startHalfAnUpload(
    await getSignedUrl(before.s3, new PutObjectCommand({ ...object, ContentLength: 200_000 })),
  );
  expect(enginePids()).not.toEqual([]);
  first.kill('SIGKILL');
  await half.broken;
  await expect.poll(enginePids).toEqual([]);

  const second = node(WITH_STUBS, { CONTROLLER_API_KEY: API_KEY });
  const url = await urlOf(second);
  const after = await clientsOf(url);
  expect((await after.dynamodb.send(new GetItemCommand({ TableName: after.env.TABLE_NAME, Key: Item }))).Item).toEqual(
    Item,
  );
  const receive = new ReceiveMessageCommand({ QueueUrl: after.env.QUEUE_URL_IOS, WaitTimeSeconds: 10 });
  expect((await after.sqs.send(receive)).Messages?.map(({ Body }) => Body)).toEqual(['in flight']);
  const head = await fetch(await getSignedUrl(after.s3, new HeadObjectCommand(object)), { method: 'HEAD' });
  expect([head.status, readdirSync(join(dataDir, 's3/incoming'))]).toEqual([404, []]);
});

/** Resolves once the controller has begun to store it. */
async function startHalfAnUpload(url: string): Promise<{ broken: Promise<unknown> }> {
  const request = httpRequest(url, { method: 'PUT', headers: { 'content-length': 200_000 } });
  const broken = new Promise((resolve) => request.once('error', resolve));
  request.write('x'.repeat(100_000));
  await expect.poll(() => readdirSync(join(dataDir, 's3/incoming')).length).toBe(1);
  return { broken };
}
