import { createServer, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listen } from '../../infra/local/listen.ts';

export interface ForwardProxy {
  readonly url: string;
  /** `GET http://…`, `CONNECT name:port`, in the order in which they came. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** A proxy as companies have them: names are known here and not where the clients are. */
export async function startForwardProxy(password?: string): Promise<ForwardProxy> {
  const asked: string[] = [];
  const wanted = password === undefined ? undefined : `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    asked.push(`${method} ${url}`);
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted) return response.writeHead(407).end();
    const { port, pathname, search } = new URL(url);
    const { 'proxy-authorization': _mine, ...rest } = headers;
    const onward = httpRequest({ host: '127.0.0.1', port, path: pathname + search, method, headers: rest });
    onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
    onward.on('error', () => response.writeHead(502).end());
    return request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    const { url = '', headers } = request;
    asked.push(`CONNECT ${url}`);
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted)
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const onward = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    return socket.on('error', () => onward.destroy());
  });
  // Tunnels are no longer the server's to close.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  const listener = await listen(server, 0, '127.0.0.1');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return listener.close(0);
  };
  return { url: listener.url, asked, close };
}
