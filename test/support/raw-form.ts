import { request as httpRequest, type IncomingMessage } from 'node:http';

export interface FormPart {
  readonly name: string;
  readonly filename?: string;
  /** Chunks, so that a large one need not be in memory. */
  readonly content: Iterable<string | Buffer>;
}

export interface FormAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, string> | undefined;
  /** Whether the server asked for the body, of a request that waited to be asked. */
  readonly isContinued: boolean;
  readonly sentBytes: number;
}

interface Options {
  readonly headers?: Record<string, string>;
  /** Told beforehand; without it the body goes chunked. */
  readonly contentLength?: number;
  readonly isWaiting?: boolean;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Left out: a body that ends in the middle of a part. */
  readonly hasEnd?: boolean;
}

const BOUNDARY = 'old-client-boundary';

function* formBody(parts: readonly FormPart[], hasEnd = true): Generator<Buffer> {
  for (const { name, filename, content } of parts) {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
    yield Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`);
    for (const chunk of content) yield Buffer.from(chunk);
    if (hasEnd) yield Buffer.from('\r\n');
  }
  if (hasEnd) yield Buffer.from(`--${BOUNDARY}--\r\n`);
}

/** Sends a form as the old clients do, waiting where the server does not read; stops when it has been answered. */
export async function sendForm(url: string, parts: readonly FormPart[], options: Options = {}): Promise<FormAnswer> {
  const { headers = {}, contentLength, isWaiting = false, cutAfter = Number.POSITIVE_INFINITY, hasEnd } = options;
  const request = httpRequest(url, {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      ...(contentLength !== undefined && { 'content-length': contentLength }),
      ...(isWaiting && { expect: '100-continue' }),
      ...headers,
    },
  });
  let answered = false;
  let isContinued = false;
  let sentBytes = 0;
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  answer.then(
    () => (answered = true),
    () => (answered = true),
  );
  if (isWaiting) {
    const go = new Promise<void>((resolve) => {
      request.once('continue', () => {
        isContinued = true;
        resolve();
      });
    });
    request.flushHeaders();
    await Promise.race([go, answer]);
  }
  for (const chunk of formBody(parts, hasEnd)) {
    if (answered || (isWaiting && !isContinued)) break;
    sentBytes += chunk.length;
    if (sentBytes > cutAfter) {
      request.destroy();
      break;
    }
    if (!request.write(chunk)) await Promise.race([new Promise((resolve) => request.once('drain', resolve)), answer]);
  }
  if (!answered) request.end();
  const response = await answer;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (!request.writableEnded) request.destroy();
  const text = Buffer.concat(chunks).toString('utf8');
  const isJson = response.headers['content-type']?.includes('json') ?? false;
  return {
    status: response.statusCode ?? 0,
    text,
    body: isJson ? JSON.parse(text) : undefined,
    isContinued,
    sentBytes,
  };
}
