import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { listen } from '../../infra/local/listen.ts';

interface Passed {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
  /** By which of the workers' tokens, or none. */
  readonly token: string | undefined;
}

export interface Network {
  readonly url: string;
  /** What reached the controller and was answered, whether or not the answer came back. Bodies of log calls are kept. */
  readonly passed: readonly Passed[];
  /** Nothing passes, and what is under way breaks. */
  cut(): void;
  restore(): void;
  /** The answer to the next request that fits is lost: the controller has done it. */
  loseAnswer(fits: (method: string, path: string) => boolean): void;
  close(): Promise<void>;
}

/** Everything between an agent and its controller, in one place where it can be broken. */
export async function startNetwork(target: () => string): Promise<Network> {
  const passed: Passed[] = [];
  const losing: ((method: string, path: string) => boolean)[] = [];
  let isCut = false;
  const sockets = new Set<Socket>();

  const pass = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request;
    if (isCut) {
      request.socket.destroy();
      return;
    }
    const keeps = path.endsWith('/logs');
    const chunks: Buffer[] = [];
    const breakOff = () => request.socket.destroy();
    const onward = httpRequest(target() + path, { method, headers }, (answer) => {
      const lost = losing.findIndex((fits) => fits(method, path));
      const token = headers['x-worker-token']?.toString();
      passed.push({ method, path, status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString(), token });
      if (lost >= 0 || isCut) {
        if (lost >= 0) losing.splice(lost, 1);
        answer.resume();
        breakOff();
      } else {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }
    });
    onward.on('error', breakOff);
    request.on('data', (chunk: Buffer) => {
      if (keeps) chunks.push(chunk);
    });
    request.pipe(onward);
  };

  const server: Server = createServer(pass);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (isCut) socket.destroy();
  });
  const listener = await listen(server, 0, '127.0.0.1');
  return {
    url: listener.url,
    passed,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    restore: () => {
      isCut = false;
    },
    loseAnswer: (fits) => {
      losing.push(fits);
    },
    close: () => listener.close(0),
  };
}
