import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Received, ReceivedFiles } from './s3-received.ts';

export interface FormLimits {
  /** By name of the part that is stored on its way: the most it may have. */
  readonly stored: Readonly<Record<string, number>>;
  /** Parts that the function gets in its event. What has another name it would not look at. */
  readonly inline: readonly string[];
  readonly inlineBytes: number;
}

export interface Form {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly inline: readonly { readonly name: string; readonly filename: string; readonly bytes: Buffer }[];
  readonly received: Readonly<Record<string, Received & { readonly filename: string }>>;
}

/** The sender's mistake, or its going away. */
export class FormBroken extends Error {
  override name = 'FormBroken';
}

export class FormPartTooLarge extends Error {
  override name = 'FormPartTooLarge';
  readonly part: string;
  readonly maxBytes: number;

  constructor(part: string, maxBytes: number) {
    super(`${part} has more than ${maxBytes} bytes`);
    this.part = part;
    this.maxBytes = maxBytes;
  }
}

/** Counts that no honest client comes near. */
const COUNTS = { fields: 50, files: 10, parts: 60, headerPairs: 50, fieldNameSize: 100, fieldSize: 64 * 1024 };
const MANY = ['partsLimit', 'filesLimit', 'fieldsLimit'] as const;

/**
 * Reads a form whatever its size and the order of its parts, the large ones straight to disk. Of a form that breaks off, is
 * malformed or too large nothing is left. Who gets a form must discard what it has received.
 */
export async function receiveForm(request: IncomingMessage, files: ReceivedFiles, limits: FormLimits): Promise<Form> {
  const fields: [string, string][] = [];
  const inline: Form['inline'][number][] = [];
  const received = new Map<string, Received & { filename: string }>();
  const taking: Promise<void>[] = [];
  const open = new Set<BusboyFileStream>();
  const names = new Set<string>();

  async function take(name: string, filename: string, stream: BusboyFileStream): Promise<void> {
    const part = limit(name, limits.stored[name] ?? limits.inlineBytes);
    stream.on('error', (error) => part.destroy(error)).pipe(part);
    if (name in limits.stored) received.set(name, { ...(await files.receive(part)), filename });
    else if (limits.inline.includes(name)) inline.push({ name, filename, bytes: Buffer.concat(await part.toArray()) });
    else for await (const _unwanted of part);
  }

  try {
    await new Promise<void>((resolve, reject) => {
      const parser = openParser(request);
      const refuse = (why: string, cause?: unknown) => reject(new FormBroken(why, { cause }));
      parser.on('field', (name, value, _isNameCut, isCut) => {
        if (isCut) refuse(`The field ${name} is too long`);
        else fields.push([name, value]);
      });
      parser.on('file', (name, stream, filename) => {
        open.add(stream);
        stream
          .on('error', (error) => refuse('Malformed multipart/form-data', error))
          .on('close', () => open.delete(stream));
        if (names.has(name)) refuse(`The file ${name} is there twice`);
        names.add(name);
        const taken = take(name, filename ?? '', stream);
        taking.push(taken);
        taken.catch(reject);
      });
      for (const many of MANY) parser.on(many, () => refuse('Too many parts in the multipart/form-data'));
      parser.on('error', (error) => refuse('Malformed multipart/form-data', error));
      parser.on('finish', resolve);
      request.on('error', (error) => refuse('The body is incomplete', error));
      request.on('close', () => {
        if (!request.complete) refuse('The body is incomplete');
      });
      request.pipe(parser);
    });
    await Promise.all(taking);
    return { fields, inline, received: Object.fromEntries(received) };
  } catch (error) {
    request.unpipe();
    for (const stream of open) stream.destroy(new FormBroken('The form was refused'));
    await Promise.allSettled(taking);
    for (const file of received.values()) await files.discard(file);
    throw error;
  }
}

function openParser(request: IncomingMessage): BusboyInstance {
  const contentType = request.headers['content-type'] ?? '';
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      // Ours is counted part by part.
      limits: { ...COUNTS, fileSize: Number.POSITIVE_INFINITY },
    });
  } catch (error) {
    throw new FormBroken('Malformed multipart/form-data: no usable boundary', { cause: error });
  }
}

function limit(part: string, maxBytes: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) done(new FormPartTooLarge(part, maxBytes));
      else done(null, chunk);
    },
  });
}

/** The form without what was stored: as a function gets a small one. */
export function renderForm({ fields, inline }: Form, boundary: string): Buffer {
  const head = (name: string, more = '') =>
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"${more}\r\n\r\n`);
  const end = Buffer.from('\r\n');
  const file = (filename: string) => `; filename="${quoted(filename)}"\r\ncontent-type: application/octet-stream`;
  return Buffer.concat([
    ...fields.flatMap(([name, value]) => [head(name), Buffer.from(value), end]),
    ...inline.flatMap(({ name, filename, bytes }) => [head(name, file(filename)), bytes, end]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

const quoted = (text: string) => text.replace(/["\\\r\n]/g, '_');
