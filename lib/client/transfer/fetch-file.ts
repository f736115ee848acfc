import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ApiError, Unreachable } from '../api-error.ts';
import { answered, toApiError } from '../request.ts';
import { isUnderBase } from '../urls.ts';
import type { FileDigest } from './file-digest.ts';
import { watchForStall } from './stall-watch.ts';

export interface FileRequest {
  readonly baseUrl: string;
  readonly url: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** What the controller says the file is; null where it does not know. */
  readonly expected: { readonly size: number | null; readonly sha256: string | null };
  /** Where the bytes go, chosen when the answer's headers are there. Removed again if anything is wrong with them. */
  readonly partPath: (headers: Headers) => string;
  /** One for all tries of a download: what has come by a broken connection is kept there, and the next try goes on. */
  readonly partial?: PartialFile;
  readonly onProgress?: (receivedBytes: number) => void;
  readonly stallMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whoever made it removes what it holds when there are no more tries. */
export class PartialFile {
  path: string | undefined;

  async remove(): Promise<void> {
    if (this.path !== undefined) await rm(this.path, { force: true });
    this.path = undefined;
  }
}

export interface FetchedFile extends FileDigest {
  readonly partPath: string;
}

/** The bytes are not those that were announced. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
  readonly code = 'damaged_file';
}

const STALL_MS = 60_000;
const MAX_REDIRECTS = 3;

/**
 * Streams a file to disk and checks size and SHA-256. On a failure nothing is left behind, but for a `partial` what came
 * before the connection broke.
 */
export async function fetchFile(request: FileRequest): Promise<FetchedFile> {
  const { partial = new PartialFile() } = request;
  const watch = watchForStall(request.stallMs ?? STALL_MS, () => new Unreachable('the download stalled'));
  const { origin } = new URL(request.url);
  const signal = AbortSignal.any([watch.signal, ...(request.signal ? [request.signal] : [])]);
  try {
    // Without a digest nobody would see that the file has changed between two tries.
    const kept = partial.path === undefined || request.expected.sha256 === null ? 0 : (await stat(partial.path)).size;
    const response = await answered(origin, signal, () => openFile(request, kept, signal));
    const start = response.status === 206 ? kept : 0;
    const partPath = start > 0 && partial.path !== undefined ? partial.path : request.partPath(response.headers);
    partial.path = partPath;
    const digest = await answered(origin, signal, () => save(response, partPath, start, request, watch.touch, signal));
    partial.path = undefined;
    return { ...digest, partPath };
  } catch (error) {
    if (!request.partial || !(error instanceof Unreachable)) await partial.remove();
    throw error;
  } finally {
    watch.stop();
  }
}

/** Follows redirects itself: credentials go to the controller only, never to where it redirects. */
async function openFile(request: FileRequest, kept: number, signal: AbortSignal): Promise<Response> {
  let url = request.url;
  let credentials = isUnderBase(request.baseUrl, url) ? request.credentials : {};
  for (let redirects = 0; ; redirects++) {
    // Compressed on the way, the bytes would not have the announced size.
    const range = kept > 0 ? { range: `bytes=${kept}-` } : {};
    const headers = { ...credentials, ...range, 'accept-encoding': 'identity' };
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || !location) {
      if (response.status === 200 || isRestFrom(kept, response)) return response;
      throw toApiError(response, await response.text());
    }
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS) throw new ApiError(response.status, 'redirected', 'redirected too often');
    url = new URL(location, url).href;
    credentials = {};
  }
}

/** What is left after the bytes that are there already; from elsewhere they would not fit together. */
function isRestFrom(kept: number, { status, headers }: Response): boolean {
  return kept > 0 && status === 206 && (headers.get('content-range') ?? '').startsWith(`bytes ${kept}-`);
}

async function save(
  response: Response,
  partPath: string,
  start: number,
  { expected, onProgress }: FileRequest,
  touch: () => void,
  signal: AbortSignal,
): Promise<FileDigest> {
  const hash = createHash('sha256');
  // Read again, not remembered: of the bytes that came last nobody knows how many were written.
  if (start > 0) for await (const chunk of createReadStream(partPath, { end: start - 1 })) hash.update(chunk);
  let size = start;
  const check = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      touch();
      size += chunk.length;
      if (expected.size !== null && size > expected.size)
        throw new DamagedFile(`more than ${expected.size} bytes came`);
      hash.update(chunk);
      onProgress?.(size);
      yield chunk;
    }
  };
  await pipeline(bodyOf(response), check, createWriteStream(partPath, { mode: 0o600, flags: start > 0 ? 'a' : 'w' }), {
    signal,
  });
  const sha256 = hash.digest('hex');
  if (expected.size !== null && size !== expected.size) {
    throw new Unreachable(`the download ended after ${size} of ${expected.size} bytes`);
  }
  if (expected.sha256 !== null && sha256 !== expected.sha256) {
    throw new DamagedFile(`the SHA-256 of the download is ${sha256}, not ${expected.sha256}`);
  }
  return { size, sha256 };
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body) yield* response.body;
}
