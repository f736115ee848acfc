import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ApiError, Unreachable } from '../api-error.ts';
import { networkInUse } from '../network.ts';
import { watchForStall } from './stall-watch.ts';

export interface PutRequest {
  readonly url: string;
  /** Exactly those of the upload's grant: the address is signed for them, and no credential of ours is among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  /** Where in the file the bytes begin; at its start if nothing is said. */
  readonly start?: number;
  readonly size: number;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
  readonly stallMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const STALL_MS = 60_000;
const MAX_REFUSAL_CHARS = 2_000;

/** Streams a file to a presigned address. Not by fetch: that sends a stream chunked, which S3 refuses. */
export async function putFile(put: PutRequest): Promise<void> {
  const watch = watchForStall(put.stallMs ?? STALL_MS, () => new Unreachable('the upload stalled'));
  try {
    put.signal?.throwIfAborted();
    await send(put, AbortSignal.any([watch.signal, ...(put.signal ? [put.signal] : [])]), watch.touch);
  } finally {
    watch.stop();
  }
}

async function send(put: PutRequest, signal: AbortSignal, touch: () => void): Promise<void> {
  const { origin, pathname, search } = new URL(put.url);
  const headers = { ...put.headers, 'content-length': String(put.size) };
  const body = put.size > 0 ? Readable.from(bytesOf(put, touch), { objectMode: false }) : null;
  const { response, text } = await whole(async () => {
    const response = await networkInUse().request({
      origin,
      path: pathname + search,
      method: 'PUT',
      headers,
      body,
      signal,
    });
    return { response, text: await beginningOf(response.body) };
  }, signal);
  const { statusCode: status } = response;
  if (status >= 200 && status < 300) return;
  // Object stores refuse in XML.
  const reason = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? /"error"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  throw new ApiError(status, 'upload_refused', `the upload was refused: HTTP ${status}${reason ? `, ${reason}` : ''}`);
}

async function* bytesOf({ path, start = 0, size, onProgress }: PutRequest, touch: () => void): AsyncGenerator<Buffer> {
  let sentBytes = 0;
  for await (const chunk of createReadStream(path, { start, end: start + size - 1 })) {
    sentBytes += chunk.length;
    touch();
    onProgress?.(sentBytes);
    yield chunk;
  }
}

/** The network's faults as `Unreachable`; those of the file, and the caller's own abort, as they are. */
async function whole<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await run();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error) || ('syscall' in error && 'path' in error)) throw error;
    throw new Unreachable(`the upload failed: ${error.message}`, { cause: error });
  }
}

async function beginningOf(body: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of body) if (text.length < MAX_REFUSAL_CHARS) text += String(chunk);
  return text;
}
