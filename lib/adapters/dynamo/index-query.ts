import { type AttributeValue, BatchGetItemCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { Rejection } from '../../domain/rejection.ts';
import type { Table } from './table.ts';

export type Item = Record<string, AttributeValue>;

/** BatchGetItem: at most 100 keys. */
export const BATCH_KEYS = 100;
/** Unprocessed keys come back under load; three rounds, then the caller hears of it. */
const BATCH_ROUNDS = 3;
const BATCH_PAUSE_MS = 50;

/** By which attribute each index is divided. */
export const PARTITION_ATTRIBUTES = {
  due: 'duePartition',
  listed: 'listPartition',
  finished: 'finishedDay',
  state: 'state',
  platform: 'platform',
  worker: 'workerId',
  waiting: 'waitPartition',
} as const;

export type IndexName = keyof typeof PARTITION_ATTRIBUTES;

export function partitionOf(table: Table, index: IndexName, partition: string) {
  return {
    TableName: table.name,
    IndexName: index,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: { '#partition': PARTITION_ATTRIBUTES[index] },
    ExpressionAttributeValues: marshall({ ':partition': partition }),
  } satisfies QueryCommandInput;
}

/** The items behind an index's keys, in the keys' order; what has gone meanwhile is left out. */
export async function readAll(table: Table, keys: readonly Item[]): Promise<Item[]> {
  const found = new Map<string, Item>();
  for (let first = 0; first < keys.length; first += BATCH_KEYS) {
    let wanted = keys.slice(first, first + BATCH_KEYS).map(({ pk, sk }) => ({ pk, sk }) as Item);
    for (let round = 1; wanted.length > 0; round++) {
      const request = { [table.name]: { Keys: wanted, ConsistentRead: true } };
      const answer = await table.client.send(new BatchGetItemCommand({ RequestItems: request }));
      for (const item of answer.Responses?.[table.name] ?? []) found.set(item['pk']?.S ?? '', item);
      wanted = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
      if (wanted.length > 0 && round === BATCH_ROUNDS) {
        throw new Rejection('unavailable', `${wanted.length} items could not be read; try again`);
      }
      if (wanted.length > 0) await table.pause(BATCH_PAUSE_MS * 2 ** round * (0.5 + table.chance()));
    }
  }
  return keys.map(({ pk }) => found.get(pk?.S ?? '')).filter((item) => item !== undefined);
}
