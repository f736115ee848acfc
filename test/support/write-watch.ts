import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { EngineName } from '../../infra/local/engines.ts';
import { listen } from '../../infra/local/listen.ts';

/** What changes a table, a queue or a bucket. A receive does: it hides what it was given. */
const WRITES =
  /^(PutItem|UpdateItem|DeleteItem|TransactWriteItems|BatchWriteItem|SendMessage(Batch)?|DeleteMessage(Batch)?|ChangeMessageVisibility(Batch)?|ReceiveMessage|PUT|POST|DELETE)$/;

/** Stands before each engine, passes everything on, and knows what was written. A refused condition has written nothing. */
export function watchWrites() {
  const agent = new Agent({ keepAlive: true });
  const closers: (() => Promise<void>)[] = [];
  let written: string[] = [];

  async function relay(engine: EngineName, address: string, request: IncomingMessage, response: ServerResponse) {
    const { method = '', url = '/', headers } = request;
    const operation =
      String(headers['x-amz-target'] ?? method)
        .split('.')
        .at(-1) ?? method;
    const body = await buffer(request);
    const answer = await send(new URL(url, address), { method, headers, agent }, body);
    const content = await buffer(answer);
    const isEmptyReceive = operation === 'ReceiveMessage' && !content.includes('ReceiptHandle');
    if (WRITES.test(operation) && !isEmptyReceive && (answer.statusCode ?? 500) < 300)
      written.push(`${engine} ${operation}`);
    const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept).end(content);
  }

  return {
    viaProxy: async (engine: EngineName, address: string): Promise<string> => {
      const server = createServer((request, response) => {
        relay(engine, address, request, response).catch((error: Error) => response.destroy(error));
      });
      const listener = await listen(server, 0, '127.0.0.1');
      closers.push(() => listener.close(0));
      return listener.url;
    },
    /** What was written since the last time this was asked. */
    take: (): readonly string[] => {
      const taken = written;
      written = [];
      return taken;
    },
    close: async () => {
      await Promise.all(closers.map((close) => close()));
      agent.destroy();
    },
  };
}

function send(url: URL, options: object, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(url, options, resolve).once('error', reject).end(body);
  });
}
