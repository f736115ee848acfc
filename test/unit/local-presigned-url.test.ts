import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, test } from 'vitest';
import { refusePresigned } from '../../infra/local/presigned-url.ts';
import type { SignedRequest } from '../../infra/local/signature-v4.ts';

const credentials = { accessKeyId: 'LOCAL0123456789ABCDEF', secretAccessKey: 'a'.repeat(43) };
const signer = { credentials, publicHost: 'builds.example.com' };
const signedAt = new Date('2026-11-24T12:00:00Z');
const NOW = signedAt.getTime() + 60_000;

function client(accessKeyId = credentials.accessKeyId, secretAccessKey = credentials.secretAccessKey) {
  return new S3Client({
    endpoint: 'https://builds.example.com',
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

async function presignedPut(s3 = client()): Promise<SignedRequest> {
  const command = new PutObjectCommand({
    Bucket: 'bucket',
    Key: "a b/ü+(1)'*.zip",
    ContentLength: 5,
    ChecksumSHA256: 'c3VtCg==',
    Metadata: { 'sha256-also': 'two  words' },
  });
  const unhoistableHeaders = new Set(['x-amz-checksum-sha256']);
  const url = await getSignedUrl(s3, command, { expiresIn: 900, signingDate: signedAt, unhoistableHeaders });
  const headers = { host: 'builds.example.com', 'content-length': '5', 'x-amz-checksum-sha256': 'c3VtCg==' };
  return { method: 'PUT', url: url.slice('https://builds.example.com'.length), headers };
}

async function presignedGet(): Promise<SignedRequest> {
  const command = new GetObjectCommand({
    Bucket: 'bucket',
    Key: 'result.ipa',
    ResponseContentDisposition: 'attachment; filename="a&b=c.ipa"',
    ResponseContentType: 'application/octet-stream',
  });
  const url = await getSignedUrl(client(), command, { expiresIn: 900, signingDate: signedAt });
  return {
    method: 'GET',
    url: url.slice('https://builds.example.com'.length),
    headers: { host: 'builds.example.com' },
  };
}

test('accepts what the AWS SDK signs', async () => {
  expect(refusePresigned(await presignedPut(), signer, NOW)).toBeUndefined();
  expect(refusePresigned(await presignedGet(), signer, NOW)).toBeUndefined();
});

test('accepts a request whose Host a proxy has replaced', async () => {
  const request = await presignedGet();
  expect(refusePresigned({ ...request, headers: { host: '10.0.0.5:3000' } }, signer, NOW)).toBeUndefined();
});

test.each([
  ['another method', (put: SignedRequest) => ({ ...put, method: 'GET' }), 'SignatureDoesNotMatch'],
  [
    'another key',
    (put: SignedRequest) => ({ ...put, url: put.url.replace('/a%20b/', '/a%20c/') }),
    'SignatureDoesNotMatch',
  ],
  [
    'another bucket',
    (put: SignedRequest) => ({ ...put, url: put.url.replace('/bucket/', '/other/') }),
    'SignatureDoesNotMatch',
  ],
  ['one more parameter', (put: SignedRequest) => ({ ...put, url: `${put.url}&tagging=` }), 'SignatureDoesNotMatch'],
  [
    'a later expiry',
    (put: SignedRequest) => ({ ...put, url: put.url.replace('=900', '=9000') }),
    'SignatureDoesNotMatch',
  ],
  [
    'a changed signed parameter',
    (put: SignedRequest) => ({ ...put, url: put.url.replace('two', 'six') }),
    'SignatureDoesNotMatch',
  ],
  ['no signature', (put: SignedRequest) => ({ ...put, url: put.url.split('?', 1)[0] ?? '' }), 'AccessDenied'],
  ['two signatures', (put: SignedRequest) => ({ ...put, url: `${put.url}&X-Amz-Signature=0` }), 'AccessDenied'],
  [
    'an empty signature',
    (put: SignedRequest) => ({ ...put, url: put.url.replace(/(X-Amz-Signature=)[^&]*/, '$1') }),
    'AccessDenied',
  ],
])('refuses %s', async (_, tamper, code) => {
  expect(refusePresigned(tamper(await presignedPut()), signer, NOW)).toMatchObject({ code });
});

test.each([
  ['another size', { 'content-length': '6' }, 'SignatureDoesNotMatch'],
  ['no size', { 'content-length': undefined }, 'SignatureDoesNotMatch'],
  ['another checksum', { 'x-amz-checksum-sha256': 'b3RoZXI=' }, 'SignatureDoesNotMatch'],
  ['no checksum', { 'x-amz-checksum-sha256': undefined }, 'SignatureDoesNotMatch'],
  ['an unsigned S3 header', { 'x-amz-copy-source': '/bucket/secret' }, 'AccessDenied'],
])('refuses %s', async (_, headers, code) => {
  const put = await presignedPut();
  const present = Object.entries({ ...put.headers, ...headers }).filter(([, value]) => value !== undefined);
  expect(refusePresigned({ ...put, headers: Object.fromEntries(present) }, signer, NOW)).toMatchObject({ code });
});

test('refuses another key pair and another secret', async () => {
  const stranger = await presignedPut(client('LOCALFFFFFFFFFFFFFFFF'));
  expect(refusePresigned(stranger, signer, NOW)).toMatchObject({ code: 'InvalidAccessKeyId' });
  const forger = await presignedPut(client(credentials.accessKeyId, 'b'.repeat(43)));
  expect(refusePresigned(forger, signer, NOW)).toMatchObject({ code: 'SignatureDoesNotMatch' });
});

test('is good until the last second of its time and not after', async () => {
  const put = await presignedPut();
  expect(refusePresigned(put, signer, signedAt.getTime() + 900_000)).toBeUndefined();
  expect(refusePresigned(put, signer, signedAt.getTime() + 900_001)).toMatchObject({ message: 'Request has expired' });
  expect(refusePresigned(put, signer, signedAt.getTime() - 900_001)).toMatchObject({
    message: 'Request is not yet valid',
  });
});
