import { DynamoDBClient, TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';
import type { BuildStore } from '../../lib/app/ports.ts';
import { Conflict, createWorld } from '../model/world.ts';
import { RECORD_DAYS } from '../support/settings.ts';
import { aResult, claimOf, grantOf, NOW, newBuild, newWorker } from './scene.ts';

/** No engine makes conflicts: here each transaction meets one, and goes on meeting it. */
function onTable(): BuildStore {
  const client = new DynamoDBClient({ region: 'us-east-1' });
  mockClient(client)
    .on(TransactWriteItemsCommand)
    .callsFake(async ({ TransactItems = [] }) => {
      const CancellationReasons = TransactItems.map(() => ({ Code: 'TransactionConflict' }));
      throw new TransactionCanceledException({ message: 'conflict', $metadata: {}, CancellationReasons });
    });
  return buildStore(
    { client, name: 'table', pause: async () => {}, chance: () => 0.5, recordDays: RECORD_DAYS },
    () => 'token',
  );
}

function inMemory(): BuildStore {
  const step = async () => {
    throw new Conflict('another transaction');
  };
  return createWorld().controller({ step }).builds;
}

const worker = newWorker();
const build = newBuild({ holder: grantOf(newBuild(), worker).holder, leaseUntil: NOW });
const failure = { kind: 'undeliverable', message: 'nobody' } as const;

describe.each([
  ['in memory', inMemory],
  ['on the table', onTable],
])('a conflict that outlasts its repetitions, %s', (_where, open) => {
  it('is a refusal of the assignment: the message goes back', async () => {
    expect(await open().assign(grantOf(build, worker))).toEqual({ ok: false, refusal: 'conflict' });
  });

  // “It moved on” would be untrue: the caller would take what it was about for done.
  it.each<[string, (builds: BuildStore) => Promise<unknown>]>([
    [
      'finish',
      (builds) => builds.finish(build.id, claimOf(build), { state: 'completed', result: aResult('results/b') }, NOW),
    ],
    ['cancel', (builds) => builds.cancel(build, NOW)],
    ['expire', (builds) => builds.expire(build, failure, NOW)],
    ['requeue', (builds) => builds.requeue(build, build, NOW)],
    ['giveBack', (builds) => builds.giveBack(build, build, NOW, 'stays')],
    ['reject', (builds) => builds.reject(build, failure, NOW)],
    ['rejectUnreadable', (builds) => builds.rejectUnreadable(build.id, NOW)],
  ])('is no answer to %s: try again', async (_what, act) => {
    await expect(act(open())).rejects.toMatchObject({ code: 'contended' });
  });
});
