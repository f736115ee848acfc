import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen } from '../../infra/local/listen.ts';

export type LossyFront = Awaited<ReturnType<typeof startLossyFront>>;

/** A controller's address whose answers get lost after the work is done: the connection breaks, or nothing ever comes. */
export async function startLossyFront(target: string) {
  let toLose = 0;
  let how: 'breaks' | 'silence' = 'breaks';
  let patience = new AbortController();
  const lost: number[] = [];

  function relay(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const to = request(`${target}${incoming.url}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
      if (toLose > 0) {
        toLose -= 1;
        answer.resume().on('end', () => lose(answer.statusCode ?? 0, outgoing));
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(to);
  }

  function lose(status: number, outgoing: ServerResponse): void {
    lost.push(status);
    if (how === 'breaks') {
      outgoing.destroy();
      return;
    }
    const waiting = patience;
    patience = new AbortController();
    waiting.abort();
  }

  const listener = await listen(createServer(relay), 0, '127.0.0.1');
  return {
    url: listener.url,
    /** The statuses that nobody received. */
    lost,
    /** Ends when an answer has been lost in silence: as late as the client gives up, without the wait. */
    patience: () => patience.signal,
    lose: (count: number, manner: typeof how) => {
      toLose = count;
      how = manner;
    },
    close: () => listener.close(0),
  };
}
