/** Where a client has its controller, and how time passes for it. */
export interface Site {
  readonly url: string;
  readonly apiKey: string;
  /** Time passes; nobody waits for it. */
  readonly pause: (ms: number) => Promise<void>;
  /** Aborts when the client would have given up waiting for an answer. */
  readonly patience: (ms: number) => AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: FormData | string;
  readonly signal?: AbortSignal;
}

/** As `fetch` of Node and `URLSession` of Swift behave: redirects are followed, with the client's own headers. */
export async function send(method: string, url: string, { headers, json, body, signal }: Call = {}): Promise<Reply> {
  const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  const content = json === undefined ? body : JSON.stringify(json);
  const response = await fetch(url, {
    method,
    headers: { ...type, ...headers },
    ...(content !== undefined && { body: content }),
    ...(signal && { signal }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString('utf8') };
}

/** A client's own rule was broken: it would give up here. */
export class ClientGaveUp extends Error {
  override name = 'ClientGaveUp';
}

/** What Swift and the shell scripts take for success: 200 and nothing else. */
export function exactly200(what: string, { status, text }: { status: number; text: string }): void {
  if (status !== 200) throw new ClientGaveUp(`${what} answered ${status}: ${text.slice(0, 300)}`);
}

/** What the JavaScript clients take for success. */
export function any2xx(what: string, { status, text }: { status: number; text: string }): void {
  if (status < 200 || status > 299) throw new ClientGaveUp(`${what} answered ${status}: ${text.slice(0, 300)}`);
}

/** Ids, keys and tokens that the workers' scripts would refuse to put on a command line. */
export function safeWord(what: string, value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value)) return value;
  throw new ClientGaveUp(`${what} is not of A-Z a-z 0-9 _ -`);
}

/** One form, its parts in the order given: some old clients send the file before the fields. */
export function form(parts: readonly (readonly [string, string | File])[]): FormData {
  const made = new FormData();
  for (const [name, value] of parts) made.append(name, value);
  return made;
}

export const file = (bytes: Uint8Array, name: string, type = 'application/octet-stream'): File =>
  new File([new Uint8Array(bytes)], name, { type });
