import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../infra/local/listen.ts';

interface Passed {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Of the bodies. */
  sentBytes: number;
  receivedBytes: number;
}

export interface CountingProxy {
  readonly url: string;
  /** Requests that were answered whole, in the order of their ends. */
  readonly passed: readonly Passed[];
  /** Cuts the connection of the `nth` request from now that `isMeant`, after so many bytes of its body or answer. */
  cut(isMeant: (request: IncomingMessage) => boolean, nth: number, afterBytes: number): void;
  close(): Promise<void>;
}

/** Passes everything on to `target`, known by the first request, under its own address, counts it, and breaks what it is told to. */
export async function startCountingProxy(target: () => string): Promise<CountingProxy> {
  const passed: Passed[] = [];
  let breaks: { isMeant: (request: IncomingMessage) => boolean; left: number; afterBytes: number } | undefined;

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = request;
    const counts = { sentBytes: 0, receivedBytes: 0 };
    let cutAfter = Number.POSITIVE_INFINITY;
    if (breaks?.isMeant(request) && --breaks.left === 0) {
      cutAfter = breaks.afterBytes;
      breaks = undefined;
    }
    const onward = httpRequest(target() + url, { method, headers });
    const cut = () => {
      onward.destroy();
      request.socket.destroy();
    };
    onward.on('error', cut);
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.on('data', (chunk: Buffer) => {
        counts.receivedBytes += chunk.length;
        if (counts.receivedBytes > cutAfter) cut();
        else if (!response.write(chunk)) {
          answer.pause();
          response.once('drain', () => answer.resume());
        }
      });
      answer.on('end', () => {
        passed.push({ method, url, status: answer.statusCode ?? 0, ...counts });
        response.end();
      });
      answer.on('error', cut);
    });
    request.on('data', (chunk: Buffer) => {
      counts.sentBytes += chunk.length;
      if (counts.sentBytes > cutAfter) cut();
      else if (!onward.write(chunk)) {
        request.pause();
        onward.once('drain', () => request.resume());
      }
    });
    request.on('end', () => onward.end());
    request.on('error', cut);
  }

  const listener = await listen(createServer(pass), 0, '127.0.0.1');
  return {
    url: listener.url,
    passed,
    cut: (isMeant, nth, afterBytes) => {
      breaks = { isMeant, left: nth, afterBytes };
    },
    close: () => listener.close(0),
  };
}
