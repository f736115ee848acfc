import type { IncomingMessage } from 'node:http';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import type { PartFile } from './part-files.ts';

/** 10,000 parts, each with its number, ETag and checksum, are below. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

export function renderXml(root: string, fields: Readonly<Record<string, string | number>>, more = ''): string {
  const rendered = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${rendered.join('')}${more}</${root}>`;
}

interface PartsPage {
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
  readonly parts: readonly PartFile[];
  readonly isTruncated: boolean;
}

export function listPartsXml({ bucket, key, id, parts, isTruncated }: PartsPage): string {
  const rendered = parts.map(({ number, size, md5, sha256, storedAtMs }) => {
    const checksum = sha256 && `<ChecksumSHA256>${Buffer.from(sha256, 'hex').toString('base64')}</ChecksumSHA256>`;
    const at = new Date(storedAtMs).toISOString();
    const known = `<LastModified>${at}</LastModified><ETag>&quot;${md5}&quot;</ETag><Size>${size}</Size>`;
    return `<Part><PartNumber>${number}</PartNumber>${known}${checksum ?? ''}</Part>`;
  });
  const last = parts.at(-1)?.number ?? 0;
  const page = { NextPartNumberMarker: last, IsTruncated: String(isTruncated) };
  return renderXml('ListPartsResult', { Bucket: bucket, Key: key, UploadId: id, ...page }, rendered.join(''));
}

/** The body of a request to put parts together. */
export async function readPartList(request: IncomingMessage): Promise<{ number: number; etag: string }[]> {
  let xml = '';
  for await (const chunk of request) {
    xml += String(chunk);
    if (xml.length > MAX_LIST_BYTES) throw malformed();
  }
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d{1,5})<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>([^<]*)<\/ETag>/.exec(part)?.[1] ?? '').replace(/&quot;|&#34;|"/g, ''),
  }));
  if (parts.length === 0 || parts.some(({ number }) => Number.isNaN(number))) throw malformed();
  return parts;
}

const malformed = () => new S3Error('MalformedXML', 'The XML you provided was not well-formed.');

const escapeXml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
