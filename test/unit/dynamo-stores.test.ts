import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  InternalServerError,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildIndex } from '../../lib/adapters/dynamo/build-index.ts';
import { toBuildItem } from '../../lib/adapters/dynamo/build-item.ts';
import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';
import type { Table } from '../../lib/adapters/dynamo/table.ts';
import { workerStore } from '../../lib/adapters/dynamo/worker-store.ts';
import { aBuild, aGrant, aResult, aWorker, NOW } from '../support/builders.ts';
import { RECORD_DAYS } from '../support/settings.ts';

const client = new DynamoDBClient({ region: 'us-east-1' });
const aws = mockClient(client);
const pauses: number[] = [];
const table: Table = {
  client,
  name: 'builds',
  pause: async (ms) => void pauses.push(ms),
  chance: () => 0.5,
  recordDays: RECORD_DAYS,
};
let tokens = 0;
const builds = buildStore(table, () => `token-${tokens++}`);

beforeEach(() => {
  aws.reset();
  pauses.length = 0;
  tokens = 0;
});

const $metadata = {};
const conflict = new TransactionConflictException({ message: 'x', $metadata });
const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({ message: 'x', $metadata, CancellationReasons: codes.map((Code) => ({ Code })) });
const itemOf = (build = aBuild(), more: object = {}) =>
  marshall({ ...toBuildItem(build), ...more }, { removeUndefinedValues: true });
const refused = (Item?: ReturnType<typeof itemOf>) =>
  new ConditionalCheckFailedException({ message: 'x', $metadata, ...(Item && { Item }) });
const claim = { workerId: 'worker-1', tokenHash: 'hash-of-worker-1', attempt: 1 };
const key = { pk: { S: 'BUILD#build-1' }, sk: { S: 'BUILD' } };

/** The inputs of all calls of one kind. */
const transactions = () => aws.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input);
const updates = () => aws.commandCalls(UpdateItemCommand).map(({ args }) => args[0].input);

describe('a read of a build', () => {
  it('is consistent, by its key', async () => {
    aws.on(GetItemCommand).resolves({ Item: itemOf() });
    expect(await builds.get('build-1')).toEqual(aBuild());
    expect(aws.commandCalls(GetItemCommand).map(({ args }) => args[0].input)).toEqual([
      { TableName: 'builds', Key: key, ConsistentRead: true },
    ]);
    aws.on(GetItemCommand).resolves({});
    expect(await builds.get('build-1')).toBeUndefined();
  });
});

describe('a creation', () => {
  it('is of what was not there, pending and due at once', async () => {
    aws.on(PutItemCommand).resolves({});
    expect(await builds.create(aBuild())).toBe(true);
    const [input] = aws.commandCalls(PutItemCommand).map(({ args }) => args[0].input);
    expect(input).toMatchObject({
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(unmarshall(input?.Item ?? {})).toMatchObject({ duePartition: 'due#pending#0', dueAt: aBuild().submittedAt });
  });

  it('that met its own first sending has succeeded; one that met another has not', async () => {
    aws.on(PutItemCommand).rejects(refused(itemOf()));
    expect(await builds.create(aBuild())).toBe(true);
    aws
      .on(PutItemCommand)
      .rejects(refused(itemOf(aBuild('pending', { tokenHashes: ['another', 'hash-of-build-token'] }))));
    expect(await builds.create(aBuild())).toBe(false);
    aws.on(PutItemCommand).rejects(new InternalServerError({ message: 'x', $metadata }));
    await expect(builds.create(aBuild())).rejects.toThrow(InternalServerError);
  });
});

describe('an assignment', () => {
  it('is one transaction on build and worker, under all conditions, with the assignment’s own token', async () => {
    aws.on(TransactWriteItemsCommand).resolves({});
    expect(await builds.assign(aGrant())).toEqual({ ok: true });
    const [input] = transactions();
    expect(input?.ClientRequestToken).toBe('assignment-1');
    const [build, worker, event] = input?.TransactItems ?? [];
    expect(unmarshall(event?.Put?.Item ?? {})).toMatchObject({
      pk: 'BUILD#build-1',
      sk: 'EVENT#00001#assigned',
      by: 'worker worker-1',
    });
    expect(build?.Update).toMatchObject({
      TableName: 'builds',
      Key: key,
      ConditionExpression:
        '#state IN (:v13) AND #attempt = :v14 AND #platform = :v15 AND #spentAttempts < :v16 AND attribute_type(#sourceKey, :v17) AND attribute_not_exists(#labels)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(unmarshall(build?.Update?.ExpressionAttributeValues ?? {})).toMatchObject({
      ':v0': 'assigned',
      ':v1': 1,
      ':v13': 'pending',
      ':v14': 0,
      ':v15': 'ios',
      ':v16': 3,
      ':v17': 'S',
    });
    expect(worker?.Update).toMatchObject({
      Key: { pk: { S: 'WORKER#worker-1' } },
      ConditionExpression: '#epoch = :v5 AND attribute_not_exists(#currentBuildId)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('is sent again after a conflict, the same to the last byte, three times at most', async () => {
    aws
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled('TransactionConflict', 'None', 'None'))
      .rejectsOnce(conflict)
      .resolves({});
    expect(await builds.assign(aGrant())).toEqual({ ok: true });
    const [first, ...again] = transactions();
    expect(again).toEqual([first, first]);
    expect(pauses).toEqual([50, 100]);

    aws.reset();
    aws.on(TransactWriteItemsCommand).rejects(cancelled('None', 'TransactionConflict', 'None'));
    expect(await builds.assign(aGrant())).toEqual({ ok: false, refusal: 'conflict' });
    expect(transactions()).toHaveLength(3);
    aws.on(TransactWriteItemsCommand).rejects(new TransactionInProgressException({ message: 'x', $metadata }));
    expect(await builds.assign(aGrant())).toEqual({ ok: false, refusal: 'conflict' });
  });

  const failed = (Item?: ReturnType<typeof itemOf>) => ({ Code: 'ConditionalCheckFailed', ...(Item && { Item }) });
  const none = { Code: 'None' };
  const worker = (more: object = {}) => marshall({ pk: 'WORKER#worker-1', epoch: 1, ...more });

  it.each([
    ['build_moved', [failed(itemOf(aBuild('assigned'))), none]],
    ['build_moved', [failed(itemOf(aBuild('pending', { attempt: 1 }))), failed(worker())]],
    ['source_missing', [failed(itemOf(aBuild(), { sourceKey: undefined })), none]],
    ['attempts_exhausted', [failed(itemOf(aBuild('pending', { attempt: 3, spentAttempts: 3 }))), none], 3],
    ['labels_missing', [failed(itemOf(aBuild('pending', { labels: ['signing'] }))), none]],
    ['unreadable', [failed(itemOf(aBuild(), { platform: 'windows' })), none]],
    ['unreadable', [failed(itemOf(aBuild())), none]],
    ['build_absent', [failed(), none]],
    ['worker_busy', [none, failed(worker({ currentBuildId: 'other' }))]],
    ['worker_offline', [none, failed(worker({ epoch: 2 }))]],
    ['worker_not_found', [none, failed()]],
    ['conflict', [none, none]],
  ])('refused names %s', async (refusal, CancellationReasons, attempt = 0) => {
    aws.on(TransactWriteItemsCommand).rejects(
      new TransactionCanceledException({
        message: 'x',
        $metadata,
        CancellationReasons: [...CancellationReasons, none],
      }),
    );
    expect(await builds.assign(aGrant({ attempt }))).toEqual({ ok: false, refusal });
    expect(transactions()).toHaveLength(1);
  });

  it.each([
    ['a throttled part', cancelled('ThrottlingError', 'None', 'None')],
    ['a throughput exceeded', cancelled('None', 'ProvisionedThroughputExceeded', 'None')],
    ['an invalid part', cancelled('ValidationError', 'ConditionalCheckFailed', 'None')],
    ['reasons of another number', cancelled('ConditionalCheckFailed')],
    ['no reasons', new TransactionCanceledException({ message: 'x', $metadata })],
    ['a throttle', new ProvisionedThroughputExceededException({ message: 'x', $metadata })],
  ])('that met %s is no outcome: the error goes on', async (_what, error) => {
    aws.on(TransactWriteItemsCommand).rejects(error);
    await expect(builds.assign(aGrant())).rejects.toBe(error);
    expect(transactions()).toHaveLength(1);
  });
});

describe('a heartbeat', () => {
  const beat = { now: NOW, leaseUntil: NOW + 90_000 };

  it('is one update under the holder’s conditions, and answers what it met', async () => {
    aws.on(UpdateItemCommand).resolves({});
    expect(await builds.heartbeat('build-1', claim, { ...beat, rebindTo: 'new-hash' })).toEqual({ ok: true });
    expect(updates()).toEqual([
      expect.objectContaining({
        Key: key,
        UpdateExpression:
          'SET #state = :v0, #leaseUntil = :v1, #workerTokenHash = :v2, #heartbeatAt = :v3, #buildingSince = if_not_exists(#buildingSince, :v4)',
        ConditionExpression: '#state IN (:v5, :v6) AND #workerId = :v7 AND #workerTokenHash = :v8 AND #attempt = :v9',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ]);
    aws.on(UpdateItemCommand).rejects(refused(itemOf(aBuild('cancelled'), { state: 'cancelled' })));
    expect(await builds.heartbeat('build-1', claim, beat)).toMatchObject({
      ok: false,
      current: { state: 'cancelled' },
    });
    aws.on(UpdateItemCommand).rejects(refused());
    expect(await builds.heartbeat('build-1', claim, beat)).toEqual({ ok: false, current: undefined });
  });

  it('is sent again after a conflict, three times at most', async () => {
    aws.on(UpdateItemCommand).rejectsOnce(conflict).rejectsOnce(conflict).resolves({});
    expect(await builds.heartbeat('build-1', claim, beat)).toEqual({ ok: true });
    aws.reset();
    aws.on(UpdateItemCommand).rejects(conflict);
    await expect(builds.heartbeat('build-1', claim, beat)).rejects.toBe(conflict);
    expect(updates()).toHaveLength(3);
  });
});

describe('the end of a build', () => {
  const ending = { state: 'completed', result: aResult() } as const;

  it('frees and counts its worker in the same transaction', async () => {
    aws.on(TransactWriteItemsCommand).resolves({});
    expect(await builds.finish('build-1', claim, ending, NOW)).toEqual({ ok: true });
    const [build, worker] = transactions()[0]?.TransactItems ?? [];
    expect(build?.Update?.ConditionExpression).toMatch(
      /^#state IN \(:\w+, :\w+\) AND #workerId = :\w+ AND #workerTokenHash = :\w+ AND #attempt = :\w+$/,
    );
    expect(build?.Update?.UpdateExpression).toMatch(
      / REMOVE #leaseUntil, #duePartition, #dueAt, #waitPartition, #certsSealedKey, #otpHash, #otpExpiresAt, #otpWrongTries, #otpUsedAt$/,
    );
    expect(worker?.Update?.UpdateExpression).toMatch(
      / REMOVE #currentBuildId, #currentAttempt ADD #completedBuilds :\w+$/,
    );
    expect(worker?.Update?.ConditionExpression).toMatch(/^#currentBuildId = :\w+ AND #currentAttempt = :\w+$/);
  });

  it('happens alone, under the same conditions, where the worker has nothing to be freed of', async () => {
    aws
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled('None', 'ConditionalCheckFailed', 'None'))
      .resolves({});
    expect(await builds.finish('build-1', claim, ending, NOW)).toEqual({ ok: true });
    const [both, alone] = transactions();
    const [build, , event] = both?.TransactItems ?? [];
    expect(alone?.TransactItems).toEqual([build, event]);
    expect([both?.ClientRequestToken, alone?.ClientRequestToken]).toEqual(['token-0', 'token-0-alone']);
  });

  it('that only conflicts kept from happening is contended, not refused', async () => {
    aws.on(TransactWriteItemsCommand).rejects(cancelled('TransactionConflict', 'None', 'None'));
    await expect(builds.cancel(aBuild('building'), NOW)).rejects.toMatchObject({ code: 'contended' });
    expect(transactions()).toHaveLength(3);
  });
});

describe('a worker', () => {
  it('is read consistently, and registers again only from the registration that was read', async () => {
    aws.on(UpdateItemCommand).resolves({});
    const change = { name: 'mac', platforms: ['ios' as const], token: { hash: 'new', expiresAt: NOW }, now: NOW };
    expect(await workerStore(table).renew(aWorker(), change)).toBe(true);
    expect(updates()[0]?.ConditionExpression).toMatch(/^#epoch = :\w+$/);
    aws.on(UpdateItemCommand).rejects(refused(marshall({ tokenHash: 'another' })));
    expect(await workerStore(table).renew(aWorker(), change)).toBe(false);
    aws.on(UpdateItemCommand).rejects(refused(marshall({ tokenHash: 'new' })));
    expect(await workerStore(table).renew(aWorker(), change)).toBe(true);
    aws.on(GetItemCommand).resolves({});
    expect(await workerStore(table).get('worker-1')).toBeUndefined();
    expect(aws.commandCalls(GetItemCommand)[0]?.args[0].input).toMatchObject({ ConsistentRead: true });
  });
});

describe('a read through an index', () => {
  const keys = Array.from({ length: 101 }, (_, index) => ({ pk: { S: `BUILD#${index}` }, sk: { S: 'BUILD' } }));
  const found = (of: typeof keys) =>
    of.map(({ pk, sk }) => ({ ...itemOf(aBuild('pending', { id: pk.S.slice(6) })), pk, sk }));

  it('asks the table for the builds, a hundred at once, and again for what it did not get', async () => {
    aws.on(QueryCommand).resolves({ Items: keys });
    aws
      .on(BatchGetItemCommand)
      .resolvesOnce({
        Responses: { builds: found(keys.slice(0, 60)) },
        UnprocessedKeys: { builds: { Keys: keys.slice(60, 100) } },
      })
      .resolvesOnce({ Responses: { builds: found(keys.slice(60, 100)).reverse() } })
      .resolves({ Responses: { builds: found(keys.slice(100)) } });
    const page = await buildIndex(table).list({ limit: 101 }, {});
    expect(page.builds.map(({ id }) => id)).toEqual(keys.map((_, index) => String(index)));
    const asked = aws.commandCalls(BatchGetItemCommand).map(({ args }) => args[0].input.RequestItems?.['builds']);
    expect(asked.map((of) => [of?.Keys?.length, of?.ConsistentRead])).toEqual([
      [100, true],
      [40, true],
      [1, true],
    ]);
    expect(pauses).toEqual([100]);
  });

  it('gives up after three rounds, and says that it may be tried again', async () => {
    aws.on(QueryCommand).resolves({ Items: keys.slice(0, 1) });
    aws.on(BatchGetItemCommand).resolves({ UnprocessedKeys: { builds: { Keys: keys.slice(0, 1) } } });
    await expect(buildIndex(table).list({ limit: 10 }, {})).rejects.toMatchObject({ code: 'unavailable' });
    expect(aws.commandCalls(BatchGetItemCommand)).toHaveLength(3);
  });

  it('shows the sweep what cannot be read, and keeps it out of the list', async () => {
    aws.on(QueryCommand).resolves({ Items: keys.slice(0, 2) });
    const broken = { ...itemOf(aBuild(), { state: 'pausing' }), ...keys[0] };
    aws.on(BatchGetItemCommand).resolves({ Responses: { builds: [broken, ...found(keys.slice(1, 2))] } });
    expect((await buildIndex(table).list({ limit: 10 }, {})).builds.map(({ id }) => id)).toEqual(['1']);
    const pages = [];
    for await (const page of buildIndex(table).due('pending', NOW))
      pages.push(page.map(({ id, build }) => [id, build?.id]));
    expect(pages).toEqual([
      [
        ['0', undefined],
        ['1', '1'],
      ],
    ]);
  });

  it('shows a build as it is, not as the index remembers it', async () => {
    aws.on(QueryCommand).resolves({ Items: keys.slice(0, 2) });
    const moved = { ...itemOf(aBuild('completed', { id: '0' })), ...keys[0] };
    aws.on(BatchGetItemCommand).resolves({ Responses: { builds: [moved, ...found(keys.slice(1, 2))] } });
    const page = await buildIndex(table).list({ limit: 10 }, { state: 'pending' });
    expect(page.builds.map(({ id }) => id)).toEqual(['1']);
  });

  it('goes on with a page that many do not match, and says where it stopped', async () => {
    const place = (number: number) => `${String(number).padStart(13, '0')}#${number}`;
    const items = Array.from({ length: 100 }, (_, at) => ({ ...keys[at], listedAt: { S: place(100 - at) } }) as never);
    aws.on(QueryCommand).resolves({ Items: items, LastEvaluatedKey: items[99] });
    aws.on(BatchGetItemCommand).resolves({ Responses: { builds: found(keys.slice(0, 100)) } });
    const page = await buildIndex(table).list({ limit: 10 }, { state: 'pending', platform: 'android' });
    expect(page).toEqual({ builds: [], next: place(1) });
    expect(aws.commandCalls(QueryCommand)).toHaveLength(5);
    const cut = await buildIndex(table).list({ limit: 10 }, { state: 'pending', platform: 'ios' });
    expect([cut.builds.length, cut.next]).toEqual([10, place(91)]);
  });

  it('refuses a cursor that it did not give', async () => {
    for (const cursor of [
      '',
      'x',
      '0000000000000#',
      `0000000000000#${'x'.repeat(65)}`,
      '0000000000000#../x',
      '000#x',
    ]) {
      await expect(buildIndex(table).list({ limit: 10, cursor }, {})).rejects.toMatchObject({
        code: 'invalid_request',
      });
    }
    expect(aws.calls()).toEqual([]);
  });
});
