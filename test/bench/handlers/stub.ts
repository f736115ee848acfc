import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../../../infra/local/listen.ts';

/** By the name of the operation; a `HEAD` of S3 is its headers. */
export type Answers = Readonly<Record<string, unknown>>;

/** One call as it came: enough to make the same one again. */
export interface Call {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

export interface Stub {
  readonly url: string;
  /** What was asked since the last time. */
  calls(): Promise<Call[]>;
  stop(): void;
}

/** The engines as a process of their own that answers at once, always the same. */
export async function startStub(answers: Answers): Promise<Stub> {
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(answers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await firstLine(child);
  return {
    url,
    calls: async () => (await (await fetch(`${url}/calls`)).json()) as Call[],
    stop: () => void child.kill(),
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the stub has no output');
  const [chunk] = await once(stdout, 'data');
  return String(chunk).trim();
}

async function serve(answers: Answers): Promise<void> {
  let calls: Call[] = [];
  const bodies = new Map(Object.entries(answers).map(([name, answer]) => [name, JSON.stringify(answer)]));
  const server = createServer(async (request, response) => {
    if (request.url === '/calls') {
      response.end(JSON.stringify(calls));
      calls = [];
      return;
    }
    const body = await text(request);
    const { operation, input } = read(request, body);
    if (calls.length < MOST_CALLS) calls.push({ operation, input });
    if (operation === 'HEAD') return void response.writeHead(200, answers[operation] as Record<string, string>).end();
    const answer = bodies.get(operation);
    if (answer === undefined) throw new Error(`nobody said what ${operation} is answered`);
    sendJson(response, withDigests(operation, answer, input));
  });
  server.keepAliveTimeout = 60_000;
  console.log((await listen(server, 0, '127.0.0.1')).url);
}

const MOST_CALLS = 100;

function read({ method, url = '', headers }: IncomingMessage, body: string): Call {
  if (method === 'HEAD') {
    const [, Bucket = '', ...key] = decodeURIComponent(url.split('?')[0] ?? '').split('/');
    return { operation: 'HEAD', input: { Bucket, Key: key.join('/') } };
  }
  return { operation: String(headers['x-amz-target']).split('.')[1] ?? '', input: JSON.parse(body) };
}

/** The SDK holds the bodies of messages against digests, as long as nobody tells it not to. */
function withDigests(operation: string, answer: string, { MessageBody }: Call['input']): string {
  const md5 = (words: unknown) => createHash('md5').update(String(words)).digest('hex');
  if (operation === 'SendMessage') return JSON.stringify({ MessageId: 'm', MD5OfMessageBody: md5(MessageBody) });
  const { Messages } = JSON.parse(answer);
  if (operation !== 'ReceiveMessage' || !Messages) return answer;
  return JSON.stringify({
    Messages: Messages.map((each: { Body: string }) => ({ ...each, MD5OfBody: md5(each.Body) })),
  });
}

function sendJson(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

if (import.meta.main) await serve(JSON.parse(process.argv[2] ?? '{}'));
