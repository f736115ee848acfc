import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Rejection } from '../domain/rejection.ts';
import { type Body, jsonBody, rawBody, type UploadedFile } from './body.ts';

/** Counts that no honest client comes near; the bytes are limited by the platform (6 MB for a whole request). */
const LIMITS = { fields: 50, files: 10, parts: 60, headerPairs: 50, fieldNameSize: 100, fieldSize: 64 * 1024 };

/** Fields that may be there more than once: each is one more of the list. */
const LISTS = new Set(['labels']);

type Event = Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded' | 'headers'>;

/** `multipart/form-data` as the old clients send it, parts in any order; or JSON, where the new ones are served too. */
export async function jsonOrMultipartBody(event: Event): Promise<Body> {
  const contentType = event.headers['content-type'] ?? '';
  return /^multipart\/form-data\b/i.test(contentType) ? multipartBody(event, contentType) : jsonBody(event);
}

/** A submit's: anything else is refused in the words that the old clients look for. Where no type is named, JSON is meant. */
export async function submittedBody(event: Event): Promise<Body> {
  const contentType = event.headers['content-type'] ?? '';
  if (contentType !== '' && !/^(?:multipart\/form-data|application\/(?:[\w.-]+\+)?json)\b/i.test(contentType)) {
    throw new Rejection('invalid_request', 'Content must be multipart/form-data');
  }
  return jsonOrMultipartBody(event);
}

/** Resolves when the last part has been read; rejects a body that is cut off, malformed or beyond a count. */
async function multipartBody(event: Event, contentType: string): Promise<Body> {
  const fields: Record<string, unknown> = {};
  // A map: a part may be called `__proto__`.
  const files = new Map<string, UploadedFile>();
  const fileNames = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) => reject(new Rejection('invalid_request', why, { cause }));
    let parser: BusboyInstance;
    try {
      parser = new Busboy({ headers: { ...event.headers, 'content-type': contentType }, limits: LIMITS });
    } catch (error) {
      refuse('Malformed multipart/form-data: no usable boundary', error);
      return;
    }
    parser.on('field', (name, value, _nameCut, isCut) => {
      if (isCut) refuse(`The field ${name} is too long`);
      else if (!Object.hasOwn(fields, name)) fields[name] = value;
      else if (LISTS.has(name)) fields[name] = `${fields[name]},${value}`;
      else refuse(`The field ${name} is there twice`);
    });
    parser.on('file', (name, stream, filename) => {
      if (fileNames.has(name)) refuse(`The file ${name} is there twice`);
      fileNames.add(name);
      // Without a listener, the error of a part that is cut off would end the process.
      stream.on('error', (error) => refuse('Malformed multipart/form-data', error));
      collect(stream, (content) => {
        files.set(name, { filename: filename ?? '', bytes: content });
      });
    });
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
      parser.on(limit, () => refuse('Too many parts in the multipart/form-data'));
    }
    parser.on('error', (error) => refuse('Malformed multipart/form-data', error));
    parser.on('finish', resolve);
    parser.end(rawBody(event));
  });
  return { fields, files: Object.fromEntries(files), isMultipart: true };
}

function collect(stream: BusboyFileStream, done: (content: Buffer) => void): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(Buffer.concat(chunks)));
}
