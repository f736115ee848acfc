import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** A value is sent as JSON, a buffer as it is. */
  readonly body?: unknown;
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfter?: number;
}

type Route = (seen: Seen) => Reply | Promise<Reply>;

export interface FakeController {
  readonly url: string;
  readonly requests: Seen[];
  /** `POST /api/builds/:id/logs`; the latest rule for a route holds. */
  on(route: string, reply: Route): void;
  route(route: string): Route | undefined;
  seen(route: string): Seen[];
  /** Resolves when the route has been asked so often. */
  asked(route: string, times?: number): Promise<Seen>;
  close(): Promise<void>;
}

/** A controller that says what a test tells it to; with a certificate, by HTTPS. */
export async function startFakeController(tls?: { cert: string; key: string }): Promise<FakeController> {
  const routes = new Map<string, Route>();
  const requests: Seen[] = [];
  const watchers = new Set<() => void>();
  const matches = (route: string, seen: Seen) => {
    const [method, pattern = ''] = route.split(' ');
    const path = new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+')}$`);
    return method === seen.method && path.test(seen.path);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const seen = await read(request);
    requests.push(seen);
    for (const watcher of watchers) watcher();
    const route = [...routes.keys()].find((key) => matches(key, seen));
    const reply = route === undefined ? missing : await routes.get(route)?.(seen);
    send(response, reply ?? missing);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const seen = (route: string) => requests.filter((request) => matches(route, request));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    on: (route, reply) => {
      routes.set(route, reply);
    },
    route: (route) => routes.get(route),
    seen,
    asked: (route, times = 1) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = seen(route)[times - 1];
          if (!found) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const missing: Reply = { status: 404, body: { error: 'Not found', code: 'not_found', requestId: 'r-404' } };

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const url = new URL(request.url ?? '/', 'http://fake');
  const isJson = request.headers['content-type'] === 'application/json';
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
    json: isJson ? JSON.parse(body.toString()) : {},
  };
}

function send(response: ServerResponse, { status = 200, headers = {}, body, cutAfter }: Reply): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, { 'content-length': String(bytes.length), ...headers });
  if (cutAfter === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, cutAfter), () => response.destroy());
}
