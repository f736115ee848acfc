import { createReadStream } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { ApiError, Unreachable } from '../api-error.ts';
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

/** Streams a file to a presigned address. By node:http, because fetch sends a stream chunked, which S3 refuses. */
export async function putFile(put: PutRequest): Promise<void> {
  const watch = watchForStall(put.stallMs ?? STALL_MS, () => new Unreachable('the upload stalled'));
  try {
    put.signal?.throwIfAborted();
    await send(put, AbortSignal.any([watch.signal, ...(put.signal ? [put.signal] : [])]), watch.touch);
  } finally {
    watch.stop();
  }
}

function send(put: PutRequest, signal: AbortSignal, touch: () => void): Promise<void> {
  const url = new URL(put.url);
  const headers = { ...put.headers, 'content-length': String(put.size) };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, { method: 'PUT', headers });
    const { path, start = 0, size } = put;
    const file = size > 0 ? createReadStream(path, { start, end: start + size - 1 }) : undefined;
    let isAnswered = false;
    const settle = (error?: Error) => {
      signal.removeEventListener('abort', abort);
      file?.destroy();
      if (error) reject(error);
      else resolve();
    };
    const fail = (error: Error) => {
      request.destroy();
      // A refusal may come before the last byte; the broken pipe that follows it says less.
      if (!isAnswered) settle(error);
    };
    const abort = () => fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    request.on('error', (error) => fail(new Unreachable(`the upload failed: ${error.message}`, { cause: error })));
    request.on('response', (response) => {
      isAnswered = true;
      void readAnswer(response).then(settle, settle);
    });
    let sentBytes = 0;
    file?.on('error', fail);
    file?.on('data', (chunk) => {
      sentBytes += chunk.length;
      touch();
      put.onProgress?.(sentBytes);
    });
    if (file) file.pipe(request);
    else request.end();
  });
}

async function readAnswer(response: http.IncomingMessage): Promise<Error | undefined> {
  const status = response.statusCode ?? 0;
  let text = '';
  for await (const chunk of response) if (text.length < MAX_REFUSAL_CHARS) text += String(chunk);
  if (status >= 200 && status < 300) return undefined;
  // Object stores refuse in XML.
  const reason = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? /"error"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  return new ApiError(status, 'upload_refused', `the upload was refused: HTTP ${status}${reason ? `, ${reason}` : ''}`);
}
