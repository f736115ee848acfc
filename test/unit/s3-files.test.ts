import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStore } from '../../lib/adapters/s3/file-store.ts';
import { NOW, SHA } from '../support/builders.ts';

const SECRET = 'the-secret-access-key';
const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: SECRET };
const client = new S3Client({ region: 'us-east-1', credentials });
const outside = new S3Client({
  region: 'us-east-1',
  credentials,
  endpoint: 'https://files.example.com',
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
const aws = mockClient(client);
beforeEach(() => aws.reset());
const files = fileStore(
  client,
  { client: outside, linkSeconds: 900 },
  { sources: 'bucket-of-sources', results: 'bucket-of-results' },
);
const BASE64 = Buffer.from(SHA, 'hex').toString('base64');
const $metadata = {};

describe('a ticket', () => {
  it('is for one key, one length and one content, for fifteen minutes', async () => {
    const ticket = await files.ticket('sources', 'sources/upload-1', { size: 12_345, sha256: SHA }, NOW);
    const url = new URL(ticket.url);
    expect(url.origin + url.pathname).toBe('https://files.example.com/bucket-of-sources/sources/upload-1');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(url.searchParams.get('X-Amz-SignedHeaders')?.split(';')).toEqual([
      'content-length',
      'host',
      'x-amz-checksum-sha256',
      'x-amz-meta-sha256',
    ]);
    expect(ticket.headers).toEqual({
      'content-length': '12345',
      'x-amz-checksum-sha256': BASE64,
      'x-amz-meta-sha256': SHA,
    });
    expect(ticket.expiresAt).toBe(NOW + 900_000);
    expect(ticket.url).not.toContain(SECRET);
    expect(aws.calls()).toEqual([]);
  });

  it('binds the name that the file shall have, whatever letters it is of', async () => {
    const stored = { size: 1, sha256: SHA, filename: 'Büro App.ipa' };
    const { url, headers } = await files.ticket('results', 'results/build-1/1/x', stored, NOW);
    expect(headers['x-amz-meta-filename']).toBe('B%C3%BCro%20App.ipa');
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toContain('x-amz-meta-filename');
  });

  it('is another one for another length, content or key', async () => {
    const signature = async (key: string, size: number, sha256: string) =>
      new URL((await files.ticket('sources', key, { size, sha256 }, NOW)).url).searchParams.get('X-Amz-Signature');
    const all = [
      await signature('a', 1, SHA),
      await signature('a', 2, SHA),
      await signature('a', 1, 'cd'.repeat(32)),
      await signature('b', 1, SHA),
    ];
    expect(new Set(all).size).toBe(4);
  });
});

describe('a link', () => {
  it('is for one key, under a name that cannot end its header early', async () => {
    const url = new URL(
      await files.link('results', 'results/build-1/1/x', 'a"\r\n\\é.ipa', 'application/octet-stream'),
    );
    expect(url.pathname).toBe('/bucket-of-results/results/build-1/1/x');
    expect(url.searchParams.get('response-content-disposition')).toBe('attachment; filename="a_____.ipa"');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(url.href).not.toContain(SECRET);
  });
});

describe('a file', () => {
  it('is stored with its checksum and digest', async () => {
    aws.on(PutObjectCommand).resolves({});
    await files.put('results', 'results/x', Buffer.from('abc'), SHA);
    expect(aws.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'bucket-of-results',
      Key: 'results/x',
      ContentLength: 3,
      ChecksumSHA256: BASE64,
      Metadata: { sha256: SHA },
    });
  });

  it('is found as it was announced, and nothing is found where nothing is', async () => {
    aws.on(HeadObjectCommand).resolves({ ContentLength: 3, Metadata: { sha256: SHA, filename: 'B%C3%BCro.ipa' } });
    expect(await files.find('sources', 'x')).toEqual({ size: 3, sha256: SHA, filename: 'Büro.ipa' });
    const Expiration = 'expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="expire"';
    aws
      .on(HeadObjectCommand)
      .resolves({ ContentLength: 3, Metadata: { sha256: SHA }, LastModified: new Date(5), Expiration });
    const goneAt = Date.UTC(2012, 11, 21);
    expect(await files.find('sources', 'x')).toEqual({ size: 3, sha256: SHA, storedAt: 5, goneAt });
    aws.on(HeadObjectCommand).rejects(new NotFound({ message: 'x', $metadata }));
    expect(await files.find('sources', 'x')).toBeUndefined();
    aws.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'x', $metadata }));
    expect(await files.read('sources', 'x')).toBeUndefined();
  });

  it('that nobody of ours wrote, or a failing store, is an error', async () => {
    aws.on(HeadObjectCommand).resolves({ ContentLength: 3 });
    await expect(files.find('sources', 'x')).rejects.toThrow('no size or digest');
    aws.on(HeadObjectCommand).rejects(new Error('slow down'));
    await expect(files.find('sources', 'x')).rejects.toThrow('slow down');
    aws.on(GetObjectCommand).resolves({});
    await expect(files.read('sources', 'x')).rejects.toThrow('without a body');
  });
});
