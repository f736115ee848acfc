import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type S3Engine, startS3 } from '../../infra/local/s3-engine.ts';

const Bucket = 'buildlatch-local-sources';
const MIB = 1024 * 1024;
const credentials = { accessKeyId: 'LOCAL0123456789ABCDEF', secretAccessKey: 's'.repeat(43) };

let directory: string;
let engine: S3Engine;
let s3: S3Client;
let keyCount = 0;
let Key: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'local-multipart-'));
  await open();
  await s3.send(new CreateBucketCommand({ Bucket }));
});

beforeEach(() => {
  Key = `sources/${++keyCount}`;
});

afterAll(async () => {
  await close();
  rmSync(directory, { recursive: true });
});

async function open() {
  engine = await startS3(directory, credentials);
  s3 = new S3Client({
    endpoint: engine.address,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}

async function close() {
  s3.destroy();
  await engine.stop();
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();
const base64 = (data: Buffer) => sha256(data).toString('base64');
const composite = (parts: Buffer[]) => base64(Buffer.concat(parts.map(sha256)));

/** Metadata names the whole's digest where `whole` is given. */
async function begin(whole?: Buffer): Promise<string> {
  const Metadata = whole ? { sha256: sha256(whole).toString('hex') } : {};
  const { UploadId = '' } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key, Metadata, ChecksumAlgorithm: 'SHA256', ContentType: 'text/x-app' }),
  );
  return UploadId;
}

const uploadPart = (UploadId: string, PartNumber: number, Body: Buffer, ChecksumSHA256 = base64(Body)) =>
  s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumSHA256 }));

const listParts = (UploadId: string, more: object = {}) =>
  s3.send(new ListPartsCommand({ Bucket, Key, UploadId, ...more }));

async function complete(UploadId: string, more: object = {}) {
  const { Parts = [] } = await listParts(UploadId);
  return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
}

const head = () => s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));

async function expectNothingStored() {
  await expect(head()).rejects.toMatchObject({ name: 'NotFound' });
  expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
}

const first = randomBytes(5 * MIB);
const last = randomBytes(1000);
const whole = Buffer.concat([first, last]);

test('joins parts that came in any order, with the metadata of the beginning and the checksums of S3', async () => {
  const id = await begin(whole);
  await uploadPart(id, 2, last);
  await uploadPart(id, 1, first);
  const { Parts } = await listParts(id);
  expect(Parts?.map(({ PartNumber, Size, ChecksumSHA256 }) => [PartNumber, Size, ChecksumSHA256])).toEqual([
    [1, 5 * MIB, base64(first)],
    [2, 1000, base64(last)],
  ]);
  const { ETag } = await complete(id, { ChecksumSHA256: composite([first, last]), MpuObjectSize: whole.length });
  expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  expect(await head()).toMatchObject({
    ContentLength: whole.length,
    ContentType: 'text/x-app',
    ETag,
    ChecksumSHA256: `${composite([first, last])}-2`,
    Metadata: { sha256: sha256(whole).toString('hex') },
  });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(whole)).toBe(true);
  await expect(listParts(id)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  expect(readdirSync(join(directory, 'uploads'))).toEqual([]);
});

test('keeps the parts of an unfinished upload over a restart', async () => {
  const id = await begin();
  await uploadPart(id, 1, first);
  await close();
  await open();
  await uploadPart(id, 2, last);
  await complete(id);
  expect((await head()).ContentLength).toBe(whole.length);
});

test('keeps no part that has another checksum than was named, and the one that was there before', async () => {
  const id = await begin();
  await uploadPart(id, 1, first);
  await expect(uploadPart(id, 1, last, base64(first))).rejects.toMatchObject({ name: 'BadDigest' });
  expect((await listParts(id)).Parts).toMatchObject([{ Size: first.length }]);
  await uploadPart(id, 1, last);
  expect((await listParts(id)).Parts).toMatchObject([{ Size: last.length }]);
  expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
});

test.each([
  ['a checksum that is not that of the parts', { ChecksumSHA256: base64(last) }, 'BadDigest'],
  ['a size that is not theirs', { MpuObjectSize: 5 * MIB }, 'InvalidRequest'],
  ['a part that is not there', { MultipartUpload: { Parts: [{ PartNumber: 3, ETag: 'x' }] } }, 'InvalidPart'],
  ['a part under another ETag', { MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"x"' }] } }, 'InvalidPart'],
  ['no parts', { MultipartUpload: { Parts: [] } }, 'MalformedXML'],
])('does not join with %s', async (_what, more, name) => {
  const id = await begin();
  await uploadPart(id, 1, first);
  await uploadPart(id, 2, last);
  await expect(complete(id, more)).rejects.toMatchObject({ name });
  await expectNothingStored();
  expect((await listParts(id)).Parts).toHaveLength(2);
});

test('holds the whole to the SHA-256 that its metadata names', async () => {
  const id = await begin(last);
  await uploadPart(id, 1, first);
  await expect(complete(id)).rejects.toMatchObject({ name: 'BadDigest' });
  await expectNothingStored();
});

test('refuses parts out of order, and small ones before the last', async () => {
  const id = await begin();
  await uploadPart(id, 1, last);
  await uploadPart(id, 2, first);
  await expect(complete(id)).rejects.toMatchObject({ name: 'EntityTooSmall' });
  const Parts = [...((await listParts(id)).Parts ?? [])].reverse();
  await expect(complete(id, { MultipartUpload: { Parts } })).rejects.toMatchObject({ name: 'InvalidPartOrder' });
  await expectNothingStored();
});

test('joins once when it is asked twice at the same time', async () => {
  const id = await begin(whole);
  await Promise.all([uploadPart(id, 1, first), uploadPart(id, 2, last)]);
  const outcomes = await Promise.allSettled([complete(id), complete(id), complete(id)]);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason.name).toMatch(/NoSuchUpload|InvalidPart/);
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect((await head()).ContentLength).toBe(whole.length);
  expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
});

test('gives up an upload on demand', async () => {
  const id = await begin();
  await uploadPart(id, 1, last);
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }));
  await expect(listParts(id)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(uploadPart(id, 2, last)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});

test('knows an upload only under its own key, and takes no path for an id', async () => {
  const id = await begin();
  const wrong = { Bucket, Key: 'another', UploadId: id };
  await expect(s3.send(new ListPartsCommand(wrong))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(listParts('../objects')).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(uploadPart(id, 0, last)).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(uploadPart(id, 10_001, last)).rejects.toMatchObject({ name: 'InvalidArgument' });
});

test('lists parts page by page', async () => {
  const id = await begin();
  for (const number of [1, 2, 3]) await uploadPart(id, number, last);
  const page = await listParts(id, { MaxParts: 2 });
  expect([page.Parts?.length, page.IsTruncated, page.NextPartNumberMarker]).toEqual([2, true, '2']);
  const rest = await listParts(id, { MaxParts: 2, PartNumberMarker: page.NextPartNumberMarker });
  expect([rest.Parts?.map(({ PartNumber }) => PartNumber), rest.IsTruncated]).toEqual([[3], false]);
});

test('a received file becomes an object once, by a copy; discarded, it is gone', async () => {
  const received = await engine.received.receive(Readable.from([Buffer.from('hel'), Buffer.from('lo')]));
  expect(received).toMatchObject({ size: 5, sha256: sha256(Buffer.from('hello')).toString('hex') });
  const Metadata = { sha256: received.sha256 };
  const copy = new CopyObjectCommand({
    Bucket,
    Key,
    CopySource: received.source,
    MetadataDirective: 'REPLACE',
    Metadata,
  });
  await s3.send(copy);
  expect(await head()).toMatchObject({ ContentLength: 5, Metadata });
  await engine.received.discard(received);
  expect((await head()).ContentLength).toBe(5);
  await expect(s3.send(copy)).rejects.toMatchObject({ name: 'NoSuchKey' });

  const unwanted = await engine.received.receive(Readable.from([last]));
  await engine.received.discard(unwanted);
  const late = new CopyObjectCommand({ Bucket, Key: 'x', CopySource: unwanted.source, MetadataDirective: 'REPLACE' });
  await expect(s3.send(late)).rejects.toMatchObject({ name: 'NoSuchKey' });
  const broken = Readable.from(
    (async function* () {
      yield last;
      throw new Error('cut off');
    })(),
  );
  await expect(engine.received.receive(broken)).rejects.toThrow('cut off');
  expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
});
