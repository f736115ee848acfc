import { createServer, type IncomingMessage, request as openHttp, type ServerResponse } from 'node:http';
import { request as openHttps } from 'node:https';
import { listen } from '../../infra/local/listen.ts';
import { createRouter } from '../../infra/local/routes.ts';
import type { FunctionDefinition } from '../../infra/function-definition.ts';

export interface GatewayFront {
  /** An address like the one that AWS gives an API: without a path before its routes. */
  readonly url: string;
  /** How many requests went to each function, by its file. */
  readonly invoked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Passes everything on to the emulator's address of the API, as it is. */
export async function startGatewayFront(
  apiUrl: string,
  functions: readonly FunctionDefinition[],
): Promise<GatewayFront> {
  const route = createRouter(functions);
  const invoked = new Map<string, number>();
  const server = createServer((request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const file = route(request.method ?? 'GET', path)?.file ?? 'none';
    invoked.set(file, (invoked.get(file) ?? 0) + 1);
    passOn(apiUrl, request, response);
  });
  const listener = await listen(server, 0, '127.0.0.1');
  return { url: listener.url, invoked, close: () => listener.close(0) };
}

function passOn(apiUrl: string, request: IncomingMessage, response: ServerResponse): void {
  const headers = { ...request.headers, host: new URL(apiUrl).host };
  const open = apiUrl.startsWith('https:') ? openHttps : openHttp;
  const upstream = open(`${apiUrl}${request.url}`, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
}
