import pLimit from 'p-limit';
import { currentDeadline } from './deadline.ts';

/**
 * The SDK has 50 sockets for a client and counts the wait for a free one as time to connect, so that it gives up calls of a
 * server that is well and busy. A Lambda environment never has 50 calls in the air; on one machine everybody's are one client's.
 * So calls wait for their turn here, where only the request's own deadline counts, and sockets are never short (a file that
 * is being read keeps one beyond its turn).
 */
export const CALLS_AT_ONCE = 50;
const AGENT = { keepAlive: true, maxSockets: 1_000 } as const;
export const SOCKETS = { httpAgent: AGENT, httpsAgent: AGENT } as const;

interface Sender {
  send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}

/** Every call of the client waits for its turn, and is aborted when the request it is made for has run out of time. */
export function withTurns<Client extends Sender>(client: Client): Client {
  const send = client.send.bind(client);
  const takeTurn = pLimit(CALLS_AT_ONCE);
  const sendInTurn: Sender['send'] = (command, options) => {
    const abortSignal = currentDeadline();
    return takeTurn(() => send(command, abortSignal ? { ...options, abortSignal } : options));
  };
  return Object.assign(client, { send: sendInTurn });
}
