import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { EngineName } from '../../infra/local/engines.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { operationOf } from './aws-operations.ts';
import type { Dice } from './dice.ts';

/** One request of the functions to an engine. */
export interface AwsCall {
  readonly engine: EngineName;
  readonly operation: string;
  readonly body: string;
}

/** What befalls a share of the calls. `slow`: late by so many ms at most, and so out of order. `until`: held so long. */
export interface Attack {
  readonly engine?: EngineName;
  /** All operations where none are named. */
  readonly operations?: readonly string[];
  readonly share: number;
  /** At most so often; without limit where none is given. */
  readonly times?: number;
  readonly fault: Fault | Late | ((call: AwsCall) => Chosen);
}

type Listener = (call: AwsCall, answer: string) => void;

export interface Nemesis {
  viaProxy(engine: EngineName, address: string): Promise<string>;
  /** From now on these faults and no others, by these dice. Answers how to learn how many there were. */
  attack(attacks: readonly Attack[], dice: Dice): { injected(): number };
  heal(): void;
  /** From now on, until it heals, what the engines answer is told. */
  listen(listener: Listener): void;
  /** Calls that reached an engine, by operation, since the last attack. */
  counts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * A proxy before each engine that throws dice at every call, where `fault-proxy.ts` counts: its faults, in the wire form
 * that the SDKs know, but for a share of the calls instead of the next so many.
 */
export function createNemesis(): Nemesis {
  const agent = new Agent({ keepAlive: true });
  const closers: (() => Promise<void>)[] = [];
  let choose: (call: AwsCall) => Chosen = () => undefined;
  let counts: Record<string, number> = {};
  let tell: Listener = () => {};

  async function serve(engine: EngineName, address: string, request: IncomingMessage, response: ServerResponse) {
    // By a date that the controller's clock is ahead of the SDK finds the clocks apart: it asks again after each refusal,
    // such as that of a condition, until its quota of repetitions is used up and nothing is repeated any more.
    response.sendDate = false;
    const body = await buffer(request);
    const call: AwsCall = { engine, operation: operationOf(request), body: body.toString('utf8') };
    const fault = choose(call);
    if (fault === 'hang') return;
    if (fault === 'dropBefore') return void request.socket.destroy();
    if (typeof fault === 'object' && 'slow' in fault) await wait(fault.slow);
    else if (typeof fault === 'object' && 'until' in fault) await fault.until;
    else if (typeof fault === 'object') return void response.writeHead(fault.status, fault.headers).end(fault.body);
    // Whoever gave up meanwhile has closed the connection; what was not sent is not sent later.
    if (request.socket.destroyed) return;
    counts[call.operation] = (counts[call.operation] ?? 0) + 1;
    const answer = await forward(address, agent, request, body);
    tell(call, answer.body.toString('utf8'));
    if (fault === 'dropAfter') return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  return {
    async viaProxy(engine, address) {
      const server = createServer((request, response) => {
        serve(engine, address, request, response).catch((error: Error) => response.destroy(error));
      });
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
      closers.push(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
      return `http://${HOST}:${(server.address() as AddressInfo).port}`;
    },
    attack(attacks, dice) {
      const state = { injected: 0 };
      const left = attacks.map(({ times = Number.POSITIVE_INFINITY }) => times);
      counts = {};
      choose = (call) => {
        const index = attacks.findIndex((attack, at) => (left[at] ?? 0) > 0 && isHit(attack, call, dice));
        const attack = attacks[index];
        if (!attack) return undefined;
        const fault = faultOf(attack, call, dice);
        if (fault === undefined) return undefined;
        left[index] = (left[index] ?? 0) - 1;
        state.injected += 1;
        return fault;
      };
      return { injected: () => state.injected };
    },
    listen(listener) {
      tell = listener;
    },
    heal() {
      choose = () => undefined;
      tell = () => {};
    },
    counts: () => counts,
    async close() {
      await Promise.all(closers.map((close) => close()));
      agent.destroy();
    },
  };
}

type Late = { readonly slow: number } | { readonly until: Promise<void> };
export type Chosen = Fault | Late | undefined;

function isHit({ engine, operations, share }: Attack, call: AwsCall, dice: Dice): boolean {
  if (engine !== undefined && engine !== call.engine) return false;
  return (operations?.includes(call.operation) ?? true) && dice.happens(share);
}

function faultOf({ fault }: Attack, call: AwsCall, dice: Dice): Chosen {
  if (typeof fault === 'function') return fault(call);
  return typeof fault === 'object' && 'slow' in fault ? { slow: dice.between(0, fault.slow) } : fault;
}

function forward(engine: string, agent: Agent, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ status: number; headers: Record<string, string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const request = httpRequest(new URL(url ?? '/', engine), { method, headers, agent }, (answer) => {
        const { date: _d, connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...kept } = answer.headers;
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
