import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { partStore } from '../../lib/adapters/s3/part-store.ts';
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
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const parts = partStore(
  client,
  { client: outside, linkSeconds: 900 },
  { sources: 'bucket-of-sources', results: 'bucket-of-results' },
  digest,
);

const [ONE, TWO] = ['11'.repeat(32), '22'.repeat(32)];
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const file = { size: 7_000_000, sha256: SHA, filename: 'Büro.ipa', partSize: 5_242_880, partSha256s: [ONE, TWO] };
const upload = { ...file, kind: 'results', key: 'results/b/1/x', storeId: 'store-1' } as const;
const failure = (name: string) => new S3ServiceException({ name, $fault: 'client', $metadata: {}, message: name });

describe('the store of parts', () => {
  it('begins with SHA-256 for each part, and keeps what was announced', async () => {
    aws.on(CreateMultipartUploadCommand).resolves({ UploadId: 'store-1' });
    aws.on(PutObjectCommand).resolves({});
    expect(await parts.begin('results', upload.key, file)).toEqual(upload);
    expect(aws.commandCalls(CreateMultipartUploadCommand)[0]?.args[0].input).toEqual({
      Bucket: 'bucket-of-results',
      Key: upload.key,
      ChecksumAlgorithm: 'SHA256',
      ChecksumType: 'COMPOSITE',
      Metadata: { sha256: SHA, filename: 'B%C3%BCro.ipa' },
    });
    const { Key, Body } = aws.commandCalls(PutObjectCommand)[0]?.args[0].input ?? {};
    expect(Key).toBe(`announced/${upload.key}`);
    aws.on(GetObjectCommand).resolves({ Body: { transformToString: async () => Body } as never });
    expect(await parts.find('results', upload.key)).toEqual(upload);
    aws.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'x', $metadata: {} }));
    expect(await parts.find('results', upload.key)).toBeUndefined();
  });

  it('gives an address for one part of one length and content, for fifteen minutes', async () => {
    const { url, headers, expiresAt } = await parts.ticket(upload, 2, NOW);
    const { origin, pathname, searchParams } = new URL(url);
    expect(origin + pathname).toBe('https://files.example.com/bucket-of-results/results/b/1/x');
    expect([searchParams.get('partNumber'), searchParams.get('uploadId')]).toEqual(['2', 'store-1']);
    expect(searchParams.get('X-Amz-Expires')).toBe('900');
    expect(searchParams.get('X-Amz-SignedHeaders')?.split(';')).toEqual([
      'content-length',
      'host',
      'x-amz-checksum-sha256',
    ]);
    expect(headers).toEqual({ 'content-length': '1757120', 'x-amz-checksum-sha256': base64(TWO) });
    expect(expiresAt).toBe(NOW + 900_000);
    expect(url).not.toContain(SECRET);
    await expect(parts.ticket(upload, 3, NOW)).rejects.toThrow('no part 3');
  });

  it('counts only parts with the checksum that was announced for their number', async () => {
    aws.on(ListPartsCommand).resolves({
      Parts: [
        { PartNumber: 1, ETag: '"a"', ChecksumSHA256: base64(ONE) },
        { PartNumber: 2, ETag: '"b"', ChecksumSHA256: base64(ONE) },
        { PartNumber: 3, ETag: '"c"', ChecksumSHA256: base64(TWO) },
      ],
    });
    expect([...((await parts.arrived(upload)) ?? [])]).toEqual([[1, '"a"']]);
    aws.on(ListPartsCommand).resolves({});
    expect((await parts.arrived(upload))?.size).toBe(0);
  });

  it('joins exactly the announced parts, to the announced size', async () => {
    aws.on(CompleteMultipartUploadCommand).resolves({});
    const arrived = new Map([
      [1, '"a"'],
      [2, '"b"'],
    ]);
    expect(await parts.join(upload, arrived)).toBe('joined');
    expect(aws.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input).toEqual({
      Bucket: 'bucket-of-results',
      Key: upload.key,
      UploadId: 'store-1',
      MultipartUpload: {
        Parts: [
          { PartNumber: 1, ETag: '"a"', ChecksumSHA256: base64(ONE) },
          { PartNumber: 2, ETag: '"b"', ChecksumSHA256: base64(TWO) },
        ],
      },
      ChecksumSHA256: `${digest(Buffer.from(ONE + TWO, 'hex')).toString('base64')}-2`,
      ChecksumType: 'COMPOSITE',
      MpuObjectSize: 7_000_000,
    });
  });

  it('tells parts that do not fit from an upload that has ended, and both from trouble', async () => {
    const join = () => parts.join(upload, new Map());
    aws.on(CompleteMultipartUploadCommand).rejects(failure('BadDigest'));
    expect(await join()).toBe('damaged');
    aws.on(CompleteMultipartUploadCommand).rejects(failure('NoSuchUpload'));
    expect(await join()).toBe('ended');
    aws.on(CompleteMultipartUploadCommand).rejects(failure('InternalError'));
    await expect(join()).rejects.toThrow('InternalError');
    aws.on(ListPartsCommand).rejects(failure('NoSuchUpload'));
    expect(await parts.arrived(upload)).toBeUndefined();
    aws.on(ListPartsCommand).rejects(failure('SlowDown'));
    await expect(parts.arrived(upload)).rejects.toThrow('SlowDown');
    aws.on(AbortMultipartUploadCommand).rejects(failure('NoSuchUpload'));
    await parts.abort(upload);
  });
});
