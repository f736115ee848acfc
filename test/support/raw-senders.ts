import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A request as its bytes: what a client that breaks off has sent of it is a part of them. */
export interface RawSend {
  readonly path: string;
  readonly head: Buffer;
  readonly body: Buffer;
}

export interface Sent {
  /** The client's own port: by it the server's connection is found. */
  readonly port: number;
  readonly bytes: number;
  readonly endedBy: 'itself' | 'the server' | 'nobody';
  /** What it was told, if it was told anything. */
  readonly status: number | undefined;
}

export function rawSend(method: string, url: string, headers: Readonly<Record<string, string>>, body: Buffer): RawSend {
  const { host, pathname, search } = new URL(url);
  const all = { host, ...headers, 'content-length': String(body.length) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    path: pathname,
    head: Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`),
    body,
  };
}

const CHUNK_BYTES = 256 * 1024;
/** 1 byte a second is what the plan asks for; where every limit is shorter, so is the pause. */
const PAUSE_MS = 100;
/** Longer than any limit: what the server has not ended by then it will not end. */
const GIVEN_UP_MS = 30_000;

/** Sends the first `bytes` of it, and is gone. */
export async function vanishAfter(
  url: string,
  { head, body }: RawSend,
  bytes: number,
  isReset: boolean,
): Promise<Sent> {
  const { socket, port, ended, status } = await open(url);
  for (const part of [head.subarray(0, bytes), body.subarray(0, Math.max(0, bytes - head.length))]) {
    for (let at = 0; at < part.length && socket.writable; at += CHUNK_BYTES) {
      // Gone only when the bytes are: what waits in this process would never leave it.
      const isOut = new Promise((resolve) => socket.write(part.subarray(at, at + CHUNK_BYTES), resolve));
      await Promise.race([isOut, ended]);
    }
  }
  const endedBy = socket.destroyed ? 'the server' : 'itself';
  // Of a connection that is being shut down, since the server has ended it, Node makes no reset and never says that it closed.
  if (isReset && socket.writable) socket.resetAndDestroy();
  else socket.destroy();
  await ended;
  return { port, bytes, endedBy, status: status() };
}

/** Sends the first `bytes` at once, and from then on one byte at a time, or nothing, until it is made to stop. */
export async function dawdleAfter(
  url: string,
  { head, body }: RawSend,
  bytes: number,
  isSilent: boolean,
): Promise<Sent> {
  const { socket, port, ended, status } = await open(url);
  const length = head.length + body.length;
  let at = bytes;
  socket.write(head.subarray(0, at));
  socket.write(body.subarray(0, Math.max(0, at - head.length)));
  const next = () =>
    at < head.length ? head.subarray(at, at + 1) : body.subarray(at - head.length, at - head.length + 1);
  const drip = setInterval(() => {
    if (isSilent || at >= length || !socket.writable) return;
    socket.write(next());
    at += 1;
  }, PAUSE_MS);
  const cutOff = new AbortController();
  const givenUp = delay(GIVEN_UP_MS, 'nobody' as const, { signal: cutOff.signal }).catch(() => 'nobody' as const);
  const endedBy = await Promise.race([ended.then(() => 'the server' as const), givenUp]);
  cutOff.abort();
  clearInterval(drip);
  socket.destroy();
  return { port, bytes: at, endedBy, status: status() };
}

async function open(url: string) {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  // A reset by the server is one of the ways to be ended.
  socket.on('error', () => {});
  const ended = new Promise<void>(
    (resolve) => void socket.once('close', () => resolve()).once('error', () => resolve()),
  );
  await once(socket, 'connect');
  const status = () => {
    const told = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
    return told === undefined ? undefined : Number(told);
  };
  return { socket, port: socket.localPort ?? 0, ended, status };
}
