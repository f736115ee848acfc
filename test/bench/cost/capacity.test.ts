import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConsumedCapacity,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDynamoDb } from '../../../infra/local/dynamodb-engine.ts';
import { tableProperties } from '../../../infra/tables.ts';
import { type Item, readUnits, sizeOf, writeUnits } from './published-rules.ts';

let dynamo: DynamoDBClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-capacity-'));
  const engine = await startDynamoDb(join(folder, 'table.db'));
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  dynamo = new DynamoDBClient({ endpoint: engine.address, region: 'us-east-1', credentials });
  await dynamo.send(new CreateTableCommand(tableProperties('local')));
  stop = async () => {
    dynamo.destroy();
    await engine.stop();
    await rm(folder, { recursive: true });
  };
});
afterAll(() => stop());

/** In three indexes; with `padding` of the size that is asked for. */
function item(more: Item = {}, bytes?: number): Item {
  const bare = {
    pk: 'BUILD#capacity',
    sk: 'BUILD',
    state: 'pending',
    platform: 'ios',
    listedAt: '1764119000000#capacity',
    listPartition: 'builds#0',
    submittedAt: 1_764_119_000_123,
    cpuSum: 12.5,
    tokenHashes: ['a', 'bc'],
    isDraining: false,
    ...more,
  };
  if (bytes === undefined) return bare;
  return { ...bare, padding: '·'.repeat((bytes - sizeOf({ ...bare, padding: '' })) / 2) };
}

const due = { duePartition: 'due#leased#0', dueAt: 1_764_119_000_000 };
const finished = { finishedDay: '20418', finishedAt: 1_764_119_000_000, state: 'completed' };
const held = { state: 'assigned', workerId: 'w' };
/** An even number of bytes is left for the padding. */
const even = { even: 'x'.repeat(sizeOf(item()) % 2) };

const CHANGES: [what: string, before: Item | undefined, after: Item | undefined][] = [
  ['a new item', undefined, item()],
  ['an item that stays as it is', item(), item()],
  ['an attribute of no index', item(), item({ leaseUntil: 5 })],
  ['a key of an index', item(due), item({ ...due, dueAt: due.dueAt + 1 })],
  ['an entry put in', item(), item(due)],
  ['an entry taken out', item(due), item()],
  ['two keys of indexes at once', item(due), item({ ...due, ...held, dueAt: 1 })],
  ['an end, with what is projected', item({ ...due, ...held }), item({ ...held, ...finished })],
  ['another value of what is projected', item(finished), item({ ...finished, cpuCount: 3 })],
  ['1,024 bytes', undefined, item(even, 1024)],
  ['1,026 bytes', undefined, item(even, 1026)],
  ['what was large and is small', item(even, 5000), item(even)],
  ['what goes', item({ ...due, ...held }), undefined],
];

const unitsOf = ({ CapacityUnits = 0, Table, GlobalSecondaryIndexes = {} }: ConsumedCapacity = {}) => {
  const indexes = Object.values(GlobalSecondaryIndexes).reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
  expect(CapacityUnits).toBe((Table?.CapacityUnits ?? 0) + indexes);
  return { table: Table?.CapacityUnits, indexes };
};
const ReturnConsumedCapacity = 'INDEXES';

describe('the engine counts units as DynamoDB bills them', () => {
  const table = { TableName: tableProperties('local').TableName };
  const key = { Key: marshall({ pk: 'BUILD#capacity', sk: 'BUILD' }) };
  const put = (value: Item) => ({ ...table, Item: marshall(value) });

  const begin = (before: Item | undefined) =>
    before ? dynamo.send(new PutItemCommand(put(before))) : dynamo.send(new DeleteItemCommand({ ...table, ...key }));

  it.each(CHANGES)('of %s', async (_what, before, after) => {
    await begin(before);
    const { ConsumedCapacity: consumed } = after
      ? await dynamo.send(new PutItemCommand({ ...put(after), ReturnConsumedCapacity }))
      : await dynamo.send(new DeleteItemCommand({ ...table, ...key, ReturnConsumedCapacity }));
    expect(unitsOf(consumed)).toEqual(writeUnits({ ...(before && { before }), ...(after && { after }) }));
  });

  it.each(CHANGES)('of %s, in a transaction', async (_what, before, after) => {
    await begin(before);
    const write = after ? { Put: put(after) } : { Delete: { ...table, ...key } };
    const command = new TransactWriteItemsCommand({ TransactItems: [write], ReturnConsumedCapacity });
    const { ConsumedCapacity: [consumed] = [] } = await dynamo.send(command);
    expect(unitsOf(consumed)).toEqual(writeUnits({ ...(before && { before }), ...(after && { after }) }, true));
  });

  it.each([
    ['of an item of 4 KB', item(even, 4096)],
    ['of a larger one', item(even, 4098)],
    ['of none', undefined],
  ])('of a read %s', async (_what, stored) => {
    await begin(stored);
    for (const ConsistentRead of [true, false]) {
      const command = new GetItemCommand({ ...table, ...key, ConsistentRead, ReturnConsumedCapacity });
      const { ConsumedCapacity: consumed } = await dynamo.send(command);
      expect(consumed?.CapacityUnits).toBe(readUnits(stored, ConsistentRead));
    }
  });
});
