import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** An answer that the proxy gives instead of the engine. */
export interface WireError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * - `hang`: never answered, never forwarded;
 * - `dropBefore`: the connection breaks and the engine never sees the request;
 * - `dropAfter`: the engine has done it, and the answer is lost.
 */
export type Fault = 'hang' | 'dropBefore' | 'dropAfter' | WireError;

export interface Call {
  /** Last part of `X-Amz-Target`, or the method for S3. */
  readonly operation: string;
  readonly body: string;
  /** By `performance.now()`, which all proxies of a process share. */
  readonly startedAt: number;
  /** When the engine's answer, or the proxy's own, went to the caller. Absent: not answered. */
  answeredAt?: number;
}

interface Held {
  /** Resolves when the first request waits. */
  readonly arrived: Promise<void>;
  /** Lets go what waits, and whatever comes later. */
  release(): void;
}

export interface FaultProxy {
  readonly address: string;
  readonly calls: readonly Call[];
  counts(): Record<string, number>;
  /** The next `times` requests of the operation (`*`: of any) fail like this. Later rules come first. */
  fail(operation: string, fault: Fault, times?: number): void;
  /** The next request of the operation waits, and so does each resend of the same request. */
  hold(operation: string): Held;
  /** Forgets the calls, not the rules. */
  forget(): void;
  /** Forgets calls and rules; what is held goes on, what hangs never will. */
  reset(): void;
  /** Connections are refused until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  close(): Promise<void>;
}

interface Rule {
  readonly operation: string;
  readonly act: Fault | Hold;
  left: number;
}

class Hold implements Held {
  readonly bodies = new Set<string>();
  readonly #arrival = Promise.withResolvers<void>();
  readonly #release = Promise.withResolvers<void>();
  readonly arrived = this.#arrival.promise;

  release(): void {
    this.#release.resolve();
  }

  async wait(body: string): Promise<void> {
    this.bodies.add(body);
    this.#arrival.resolve();
    await this.#release.promise;
  }
}

const HOST = '127.0.0.1';

/** Stands between the functions and one engine, and speaks its protocol well enough to fail as it would. */
export async function startFaultProxy(engine: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const calls: Call[] = [];
  let rules: Rule[] = [];
  let holds: Hold[] = [];
  const server = createServer((request, response) => {
    // A caller that gave up while sending.
    serve(request, response).catch((error: Error) => response.destroy(error));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, HOST, resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const call: Call = { operation: operationOf(request), body: body.toString('utf8'), startedAt: performance.now() };
    calls.push(call);
    const act = takeRule(call);
    if (act instanceof Hold) await act.wait(call.body);
    if (act === 'hang') return;
    if (act === 'dropBefore') return drop(request);
    const answer = isWireError(act) ? act : await forward(engine, agent, request, body);
    if (act === 'dropAfter') return drop(request);
    if (response.socket?.destroyed ?? true) return;
    call.answeredAt = performance.now();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  function takeRule({ operation, body }: Call): Fault | Hold | undefined {
    const hold = holds.find(({ bodies }) => bodies.has(body));
    if (hold) return hold;
    const rule = rules.findLast((each) => each.left > 0 && ['*', operation].includes(each.operation));
    if (rule) rule.left -= 1;
    return rule?.act;
  }

  return {
    address: `http://${HOST}:${port}`,
    calls,
    counts: () => countBy(calls.map(({ operation }) => operation)),
    fail: (operation, fault, times = Number.POSITIVE_INFINITY) => {
      rules.push({ operation, act: fault, left: times });
    },
    hold: (operation) => {
      const hold = new Hold();
      holds.push(hold);
      rules.push({ operation, act: hold, left: 1 });
      return hold;
    },
    forget: () => {
      calls.length = 0;
    },
    reset: () => {
      for (const hold of holds) hold.release();
      [rules, holds] = [[], []];
      calls.length = 0;
    },
    refuse: stop,
    accept: async () => {
      if (!server.listening) await listen(port);
    },
    close: async () => {
      if (server.listening) await stop();
      agent.destroy();
    },
  };
}

function operationOf({ headers, method = '' }: IncomingMessage): string {
  return String(headers['x-amz-target'] ?? method)
    .split('.')
    .at(-1) as string;
}

const isWireError = (act: Fault | Hold | undefined): act is WireError => typeof act === 'object' && 'status' in act;

function drop({ socket }: IncomingMessage): void {
  socket.destroy();
}

function forward(engine: string, agent: Agent, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ status: number; headers: Record<string, string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const options = { method, headers, agent };
      const request = httpRequest(new URL(url ?? '/', engine), options, (answer) => {
        const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...kept } = answer.headers;
        const passed = Object.entries(kept).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
        buffer(answer).then(
          (bytes) => resolve({ status: answer.statusCode ?? 502, headers: Object.fromEntries(passed), body: bytes }),
          reject,
        );
      });
      request.once('error', reject).end(body);
    },
  );
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
