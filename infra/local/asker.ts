import type { IncomingMessage } from 'node:http';
import { clientNetwork } from './client-network.ts';
import { secrets, secretsIn } from '../../lib/runtime/secrets.ts';

/** Whom a request comes from, for counting. Of a credential only its hash is kept. */
export function askerOf(request: IncomingMessage, trustsProxy: boolean) {
  const headers = Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join()]);
  return {
    address: clientNetwork((trustsProxy && lastHop(request)) || (request.socket.remoteAddress ?? '')),
    credentials: secretsIn(Object.fromEntries(headers)).map(secrets.hash),
  };
}

/** What our own proxy has added; whatever stands before it anybody may have written. */
function lastHop({ headersDistinct }: IncomingMessage): string | undefined {
  return headersDistinct['x-forwarded-for']?.join().split(',').at(-1)?.trim();
}
