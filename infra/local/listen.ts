import type { Server } from 'node:http';

export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets open requests finish for `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

const IDLE_SWEEP_MS = 50;

export async function listen(server: Server, port: number, host: string): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return { url: httpUrl(host, address.port), port: address.port, close: (graceMs) => close(server, graceMs) };
}

export const httpUrl = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection falls idle when its last answer is out; it would be kept for the next request.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    server.close((error) => {
      clearTimeout(cutOff);
      clearInterval(sweep);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** A port nobody listens on now. For engines that cannot pick one themselves; the caller must cope with losing it. */
export async function freePort(createServer: () => Server): Promise<number> {
  const listener = await listen(createServer(), 0, '127.0.0.1');
  await listener.close(0);
  return listener.port;
}
