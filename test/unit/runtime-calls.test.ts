import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { openTable } from '../../lib/runtime/container.ts';
import { withDeadline } from '../../lib/runtime/deadline.ts';

/** A database that is well and has one thing done at a time. */
async function busyDatabase(answerMs: number) {
  let turn = Promise.resolve();
  let waiting = 0;
  let mostWaiting = 0;
  const server = createServer((_request, response) => {
    waiting += 1;
    mostWaiting = Math.max(mostWaiting, waiting);
    turn = turn.then(async () => {
      await after(answerMs);
      waiting -= 1;
      response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, endpoint: `http://127.0.0.1:${port}`, mostWaiting: () => mostWaiting };
}

let close: (() => void) | undefined;
afterEach(() => close?.());

const TABLE = { CONTROLLER_API_KEY: 'k'.repeat(32), TABLE_NAME: 'builds' };
const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1' };
const read = new GetItemCommand({ TableName: 'builds', Key: { pk: { S: 'a' }, sk: { S: 'b' } } });

async function tableOn(answerMs: number) {
  Object.assign(process.env, credentials);
  const database = await busyDatabase(answerMs);
  close = () => database.server.close();
  return { ...database, table: openTable({ ...TABLE, DYNAMODB_ENDPOINT: database.endpoint }) };
}

describe('many calls at once, as on one machine', () => {
  it('wait for their turn: none is given up because a busy database has not got to it', async () => {
    const { table, mostWaiting } = await tableOn(5);
    const calls = Array.from({ length: 300 }, () => table.client.send(read));
    const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected');
    expect(refused).toEqual([]);
    expect(mostWaiting()).toBe(50);
  });

  it('are not made at all once their request has run out of time', async () => {
    const { table, mostWaiting } = await tableOn(5);
    const deadline = new AbortController();
    const asked = withDeadline(deadline.signal, () =>
      Promise.allSettled(Array.from({ length: 60 }, () => table.client.send(read))),
    );
    deadline.abort();
    expect((await asked).every(({ status }) => status === 'rejected')).toBe(true);
    expect(mostWaiting()).toBeLessThanOrEqual(50);
  });
});
