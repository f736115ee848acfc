import { Agent, request } from 'node:http';

export interface RawRequest {
  readonly method: string;
  /** Sent as it is: nothing resolves `..` or encodes what is not. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** That of a JSON answer. */
  readonly body: Readonly<Record<string, string>> | undefined;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** What `fetch` would not send: any path, a header twice, a body with GET. */
export function rawRequest(url: string, { method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, hostname, port, method, path, headers: { ...headers, ...length } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const type = response.headers['content-type'] ?? '';
          const isJson = type.includes('json') && text !== '';
          resolve({ status: response.statusCode ?? 0, type, text, body: isJson ? JSON.parse(text) : undefined });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Stacks, paths of files, and the names of what is inside: nothing that a caller has to know. */
const INSIDE =
  /node_modules|\.ts\b|\.js\b|\bat .+:\d+|dynamo|dynoxide|fauxqs|\bsqs\b|\bs3\b|zod|busboy|middy|Exception|(Type|Range|Syntax)Error|undefined|\[object|CONTROLLER_API_KEY/i;

/** What the caller asked for, told back: an id may well contain `zod`. */
const ECHO = /Nothing is at [^"]*/;

/** What is wrong with a refusal: it must be the client's fault, in the one form there is, and tell nothing of the inside. */
export function faultOf({ status, type, text, body }: RawAnswer): string | undefined {
  const told = `${status} ${text.slice(0, 300)}`;
  if (status < 400 || status > 499) return `answered ${told}`;
  if (!type.includes('application/json')) return `is no JSON: ${told}`;
  if (
    Object.keys(body ?? {})
      .sort()
      .join() !== 'code,error,requestId'
  )
    return `has another form: ${told}`;
  const isText = (value: unknown) => typeof value === 'string' && value.length > 0;
  if (!Object.values(body ?? {}).every(isText) || !/^[a-z_]+$/.test(body?.['code'] ?? ''))
    return `has an empty part: ${told}`;
  return INSIDE.test(text.replace(ECHO, '')) ? `tells of the inside: ${told}` : undefined;
}

/** A form, part by part; a part with a `filename` is a file. */
export function multipart(
  parts: readonly { name: string; value: string; filename?: string }[],
  end = '--b--\r\n',
): string {
  const rendered = parts.map(({ name, value, filename }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
    return `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  });
  return rendered.join('') + end;
}

export const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' };
