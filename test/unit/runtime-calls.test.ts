import { setImmediate as others } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CALLS_AT_ONCE, SOCKETS, withTurns } from '../../lib/runtime/client-calls.ts';
import { withDeadline } from '../../lib/runtime/deadline.ts';

/** A client of an engine that answers when it is told to. */
function busyClient() {
  const inTheAir: (() => void)[] = [];
  let sent = 0;
  const client = withTurns({
    send: (command: string, options?: { abortSignal?: AbortSignal }): Promise<string> => {
      options?.abortSignal?.throwIfAborted();
      sent += 1;
      return new Promise((resolve, reject) => {
        inTheAir.push(() => resolve(command));
        options?.abortSignal?.addEventListener('abort', () => reject(options.abortSignal?.reason));
      });
    },
  });
  const answerAll = () => {
    for (const answer of inTheAir.splice(0)) answer();
  };
  return { client, sent: () => sent, answerAll };
}

const MANY = 2 * CALLS_AT_ONCE + 20;
const ask = (client: { send(command: string): Promise<string> }) =>
  Promise.allSettled(Array.from({ length: MANY }, (_, index) => client.send(String(index))));

describe('many calls at once, as on one machine', () => {
  it('wait for their turn before the SDK, which would count the wait as a connection that cannot be made', async () => {
    const { client, sent, answerAll } = busyClient();
    const answers = ask(client);
    for (const expected of [CALLS_AT_ONCE, 2 * CALLS_AT_ONCE, MANY]) {
      await others();
      expect(sent()).toBe(expected);
      answerAll();
    }
    expect((await answers).map((answer) => answer.status === 'fulfilled' && answer.value)).toEqual(
      Array.from({ length: MANY }, (_, index) => String(index)),
    );
  });

  it('have a socket each, files that are still being read beside them', () => {
    expect(SOCKETS.httpAgent.maxSockets).toBeGreaterThan(2 * CALLS_AT_ONCE);
    expect(SOCKETS.httpsAgent).toEqual(SOCKETS.httpAgent);
  });

  it('are not made at all once their request has run out of time', async () => {
    const { client, sent } = busyClient();
    const deadline = new AbortController();
    const asked = withDeadline(deadline.signal, () => ask(client));
    await others();
    deadline.abort();
    expect((await asked).every(({ status }) => status === 'rejected')).toBe(true);
    expect(sent()).toBe(CALLS_AT_ONCE);
  });
});
