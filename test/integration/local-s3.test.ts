import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createFront } from '../../infra/local/front.ts';
import { type Listener, listen } from '../../infra/local/listen.ts';
import { createS3Door } from '../../infra/local/s3-door.ts';
import { type S3Engine, startS3 } from '../../infra/local/s3-engine.ts';

const BUCKET = 'buildlatch-local-sources';
const START = new Date('2026-11-24T12:00:00Z');
const credentials = { accessKeyId: 'LOCAL0123456789ABCDEF', secretAccessKey: 's'.repeat(43) };

let directory: string;
let engine: S3Engine;
let front: Listener;
let inside: S3Client;
let outside: S3Client;
let nowMs: number;
let keyCount = 0;
let key: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'local-s3-'));
  engine = await startS3(directory, credentials);
  const signer = { credentials, publicHost: 'unused.example.com' };
  const door = createS3Door({ buckets: [BUCKET], signer, clock: () => nowMs, serve: engine.serve });
  const server = createFront(
    Promise.resolve(async (request, response, proceed) => door.handle(request, response, proceed)),
  );
  front = await listen(server, 0, '127.0.0.1');
  inside = newClient(engine.address);
  outside = newClient(front.url);
  await inside.send(new CreateBucketCommand({ Bucket: BUCKET }));
});

beforeEach(() => {
  nowMs = START.getTime();
  key = `sources/${++keyCount}/app.tar.gz`;
});

afterAll(async () => {
  inside.destroy();
  outside.destroy();
  await front.close(0);
  await engine.stop();
  rmSync(directory, { recursive: true });
});

function newClient(endpoint: string, requestChecksumCalculation: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED' = 'WHEN_REQUIRED') {
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, requestChecksumCalculation });
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('base64');

function presignPut(data: string, more: Partial<PutObjectCommandInput> = {}, isHoisted = false) {
  const command = new PutObjectCommand({
    Bucket: BUCKET,
    Key: key,
    ContentLength: Buffer.byteLength(data),
    ChecksumSHA256: sha256(data),
    Metadata: { sha256: 'hex' },
    ...more,
  });
  const unhoistableHeaders = new Set(isHoisted ? [] : ['x-amz-checksum-sha256', 'x-amz-meta-sha256']);
  return getSignedUrl(outside, command, { expiresIn: 900, signingDate: START, unhoistableHeaders });
}

const boundHeaders = (data: string) => ({ 'x-amz-checksum-sha256': sha256(data), 'x-amz-meta-sha256': 'hex' });

const put = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', body, headers });

async function expectNothingStored() {
  await expect(inside.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }))).rejects.toMatchObject({
    name: 'NotFound',
  });
  expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
}

async function expectRefused(response: Response, status: number, code: string) {
  const body = await response.text();
  expect({ status: response.status, body }).toMatchObject({
    status,
    body: expect.stringContaining(`<Code>${code}</Code>`),
  });
}

async function store(data: string | Buffer) {
  await inside.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: data, ContentType: 'application/gzip' }));
}

function presignGet(more: object = {}) {
  return getSignedUrl(outside, new GetObjectCommand({ Bucket: BUCKET, Key: key, ...more }), {
    expiresIn: 900,
    signingDate: START,
  });
}

test('stores what a presigned PUT brings, with its metadata and checksum', async () => {
  const response = await put(await presignPut('hello'), 'hello', boundHeaders('hello'));
  expect([response.status, response.headers.get('etag')]).toEqual([200, '"5d41402abc4b2a76b9719d911017c592"']);
  const head = await inside.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key, ChecksumMode: 'ENABLED' }));
  expect(head).toMatchObject({ ContentLength: 5, Metadata: { sha256: 'hex' }, ChecksumSHA256: sha256('hello') });
});

test('holds a PUT to a checksum that was signed into the URL', async () => {
  await expectRefused(await put(await presignPut('hello', {}, true), 'hellO'), 400, 'BadDigest');
  await expectNothingStored();
  expect((await put(await presignPut('hello', {}, true), 'hello')).status).toBe(200);
});

test('refuses other bytes of the same length and stores nothing', async () => {
  await expectRefused(await put(await presignPut('hello'), 'hellO', boundHeaders('hello')), 400, 'BadDigest');
  await expectNothingStored();
});

test('keeps the object that is there when a later PUT is refused', async () => {
  await store('first');
  await expectRefused(await put(await presignPut('hello'), 'hellO', boundHeaders('hello')), 400, 'BadDigest');
  const { Body } = await inside.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  expect(await Body?.transformToString()).toBe('first');
});

test('leaves nothing of an upload that breaks off', async () => {
  const url = await presignPut('x'.repeat(1_000_000));
  const headers = { ...boundHeaders('x'.repeat(1_000_000)), 'content-length': '1000000' };
  const request = httpRequest(url, { method: 'PUT', headers });
  const broken = new Promise((resolve) => request.once('error', resolve));
  request.write('x'.repeat(500_000));
  await expect.poll(() => readdirSync(join(directory, 'incoming')).length).toBe(1);
  request.destroy();
  await broken;
  await expect.poll(() => readdirSync(join(directory, 'incoming')).length).toBe(0);
  await expectNothingStored();
});

test.each([
  ['a longer body', 'hello!', boundHeaders('hello')],
  ['another checksum', 'hello', boundHeaders('other')],
  ['no checksum', 'hello', { 'x-amz-meta-sha256': 'hex' }],
  ['other metadata', 'hello', { ...boundHeaders('hello'), 'x-amz-meta-sha256': 'other' }],
])('refuses %s than was signed', async (_, body, headers) => {
  await expectRefused(await put(await presignPut('hello'), body, headers), 403, 'SignatureDoesNotMatch');
  await expectNothingStored();
});

test('refuses a PUT to another key, by another method, and after its time', async () => {
  const url = await presignPut('hello');
  const elsewhere = await put(url.replace('app.tar.gz', 'app2.tar.gz'), 'hello', boundHeaders('hello'));
  await expectRefused(elsewhere, 403, 'SignatureDoesNotMatch');
  await expectRefused(await fetch(url), 403, 'SignatureDoesNotMatch');
  await expectRefused(await fetch(url, { method: 'DELETE' }), 405, 'MethodNotAllowed');
  nowMs += 900_001;
  await expectRefused(await put(url, 'hello', boundHeaders('hello')), 403, 'AccessDenied');
  await expectNothingStored();
});

test('refuses to copy another object under a signed name', async () => {
  const headers = { ...boundHeaders('hello'), 'x-amz-copy-source': `/${BUCKET}/secret` };
  await expectRefused(await put(await presignPut('hello'), 'hello', headers), 403, 'AccessDenied');
  await expectNothingStored();
});

test('refuses everything anonymous', async () => {
  await store('hello');
  const url = `${front.url}/${BUCKET}/${key}`;
  await expectRefused(await fetch(url), 403, 'AccessDenied');
  await expectRefused(await fetch(`${front.url}/${BUCKET}`), 403, 'AccessDenied');
  await expectRefused(await fetch(`${front.url}/${BUCKET}/?list-type=2`), 403, 'AccessDenied');
  await expectRefused(await put(url, 'other'), 403, 'AccessDenied');
  await expectRefused(await fetch(url, { headers: { authorization: 'AWS S3RVER:x' } }), 400, 'InvalidArgument');
  await expectRefused(await fetch(`${front.url}/${BUCKET}/%2e%2e%2fcredentials.json`), 400, 'InvalidURI');
  await expectRefused(await fetch(`${front.url}/${BUCKET}/%ff`), 400, 'InvalidURI');
});

test('shows no list of a bucket, even to who holds the key', async () => {
  const command = new ListObjectsV2Command({ Bucket: BUCKET });
  const url = await getSignedUrl(outside, command, { expiresIn: 900, signingDate: START });
  await expectRefused(await fetch(url), 403, 'AccessDenied');
});

test('serves a presigned GET under the name and type that were signed', async () => {
  await store('hello');
  const overrides = { ResponseContentDisposition: 'attachment; filename="a.ipa"', ResponseContentType: 'text/x-ipa' };
  const response = await fetch(await presignGet(overrides));
  expect(await response.text()).toBe('hello');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="a.ipa"');
  expect(response.headers.get('content-type')).toBe('text/x-ipa');
});

test.each([
  ['bytes=0-0', 206, 'h', 'bytes 0-0/5'],
  ['bytes=1-3', 206, 'ell', 'bytes 1-3/5'],
  ['bytes=3-', 206, 'lo', 'bytes 3-4/5'],
  ['bytes=-2', 206, 'lo', 'bytes 3-4/5'],
  ['bytes=-99', 206, 'hello', 'bytes 0-4/5'],
  ['bytes=3-99', 206, 'lo', 'bytes 3-4/5'],
  ['bytes=0-0,2-2', 200, 'hello', null],
  ['bytes=x-3', 200, 'hello', null],
])('answers Range %s with %i', async (range, status, body, contentRange) => {
  await store('hello');
  const response = await fetch(await presignGet(), { headers: { range } });
  expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
    status,
    body,
    contentRange,
  ]);
});

test('answers 416 to a range past the end', async () => {
  await store('hello');
  await expectRefused(await fetch(await presignGet(), { headers: { range: 'bytes=5-' } }), 416, 'InvalidRange');
});

test('answers a presigned HEAD with the size and no body', async () => {
  await store('hello');
  const command = new HeadObjectCommand({ Bucket: BUCKET, Key: key });
  const url = await getSignedUrl(outside, command, { expiresIn: 900, signingDate: START });
  const response = await fetch(url, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '5', '']);
});

test('says 404 about a missing object', async () => {
  await expectRefused(await fetch(await presignGet()), 404, 'NoSuchKey');
});

test('checks the CRC32 that the SDK sends by default', async () => {
  const url = await presignPut('hello', { ChecksumSHA256: undefined, ChecksumCRC32: 'AAAAAA==' }, true);
  await expectRefused(await put(url, 'hello', { 'x-amz-meta-sha256': 'hex' }), 403, 'AccessDenied');
  await expectRefused(await put(url, 'hello'), 400, 'BadDigest');
  await expectNothingStored();
});

test('refuses a body with a trailing checksum instead of storing its chunk headers', async () => {
  const streaming = newClient(engine.address, 'WHEN_SUPPORTED');
  const command = new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: Readable.from(['hello']), ContentLength: 5 });
  await expect(streaming.send(command)).rejects.toMatchObject({ name: 'NotImplemented' });
  streaming.destroy();
  await expectNothingStored();
});

test('passes 60 MB through without holding more of it than of 10 MB', async () => {
  const smallBytes = await peakWhileUploading(10);
  const bigBytes = await peakWhileUploading(60);
  expect(bigBytes - smallBytes).toBeLessThan(10_000_000);
});

/** Buffers still referred to, at the worst moment, while so many MiB are uploaded. */
async function peakWhileUploading(sizeMib: number): Promise<number> {
  const mebibyte = Buffer.alloc(1024 * 1024, 'x');
  const hash = createHash('sha256');
  for (let n = 0; n < sizeMib; n++) hash.update(mebibyte);
  const ContentLength = sizeMib * mebibyte.length;
  const url = await presignPut('', { ContentLength, ChecksumSHA256: hash.digest('base64') }, true);
  let peakBytes = 0;
  async function* source() {
    for (let n = 0; n < sizeMib; n++) {
      collectGarbage();
      peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
      yield mebibyte;
    }
  }
  const request = httpRequest(url, { method: 'PUT', headers: { 'content-length': ContentLength } });
  const answered = new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
  await pipeline(source, request);
  const response = await answered;
  response.resume();
  expect(response.statusCode).toBe(200);
  return peakBytes;
}

// Otherwise the figure counts what the collector has not got round to.
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
