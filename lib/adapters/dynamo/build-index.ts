import {
  type AttributeValue,
  BatchGetItemCommand,
  paginateQuery,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { BuildIndex, DayTotals, DueBuild } from '../../app/ports.ts';
import { Rejection } from '../../domain/rejection.ts';
import { workerState } from '../../domain/worker.ts';
import { fromBuildItem, isUnreadable } from './build-item.ts';
import { duePartition, listPartition } from './keys.ts';
import type { Table } from './table.ts';
import { fromWorkerItem } from './worker-store.ts';

type Item = Record<string, AttributeValue>;

/** BatchGetItem: at most 100 keys. */
const BATCH_KEYS = 100;
/** Unprocessed keys come back under load; three rounds, then the caller hears of it. */
const BATCH_ROUNDS = 3;
const BATCH_PAUSE_MS = 50;

/** The indexes of the table. They may lag behind by moments; builds are read from the table itself. */
export function buildIndex(table: Table): BuildIndex {
  return {
    list: (limit, cursor) => list(table, limit, cursor),
    due: (kind, until) => due(table, kind, until),
    count: (kind) => count(table, kind),
    finishedOn: (day) => finishedOn(table, day),
    onlineWorkers: (now) => onlineWorkers(table, now),
  };
}

function partitionOf(index: 'due' | 'listed' | 'finished', partition: string): QueryCommandInput {
  const attribute = { due: 'duePartition', listed: 'listPartition', finished: 'finishedDay' }[index];
  return {
    TableName: undefined,
    IndexName: index,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: { '#partition': attribute },
    ExpressionAttributeValues: marshall({ ':partition': partition }),
  };
}

async function list(table: Table, limit: number, cursor?: string) {
  const query = partitionOf('listed', listPartition('builds'));
  const after = cursor === undefined ? undefined : startAfter(cursor);
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      ...query,
      TableName: table.name,
      Limit: limit,
      ScanIndexForward: false,
      ExclusiveStartKey: after,
    }),
  );
  const items = await readAll(table, Items);
  // A record that cannot be read must not take the list of all others down; the sweep reports it.
  const builds = items.map(toDue).flatMap(({ build }) => build ?? []);
  const next = LastEvaluatedKey?.['listedAt']?.S;
  return next === undefined ? { builds } : { builds, next };
}

/** The cursor is the last place of the page before: `<13 digits of ms>#<id>`. */
function startAfter(cursor: string): Item {
  const match = /^\d{13}#([A-Za-z0-9_-]{1,64})$/.exec(cursor);
  if (!match) throw new Rejection('invalid_request', 'cursor is not one that this controller gave');
  const partition = listPartition('builds');
  return marshall({ pk: `BUILD#${match[1]}`, sk: 'BUILD', listPartition: partition, listedAt: cursor });
}

async function* due(table: Table, kind: 'pending' | 'leased', until: number): AsyncGenerator<DueBuild[]> {
  const query = partitionOf('due', duePartition(kind));
  const pages = paginateQuery(
    { client: table.client, pageSize: BATCH_KEYS },
    {
      ...query,
      TableName: table.name,
      KeyConditionExpression: `${query.KeyConditionExpression} AND dueAt <= :until`,
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ...marshall({ ':until': until }) },
    },
  );
  for await (const page of pages) {
    const items = await readAll(table, page.Items ?? []);
    yield items.map(toDue);
  }
}

function toDue(item: Item): DueBuild {
  const id = item['pk']?.S?.slice('BUILD#'.length) ?? '';
  try {
    return { id, build: fromBuildItem(item) };
  } catch (error) {
    if (isUnreadable(error)) return { id };
    throw error;
  }
}

/** The items behind an index's keys, in the keys' order; what has gone meanwhile is left out. */
async function readAll(table: Table, keys: readonly Item[]): Promise<Item[]> {
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

async function count(table: Table, kind: 'pending' | 'leased'): Promise<number> {
  const query = { ...partitionOf('due', duePartition(kind)), TableName: table.name, Select: 'COUNT' as const };
  let sum = 0;
  for await (const page of paginateQuery({ client: table.client }, query)) sum += page.Count ?? 0;
  return sum;
}

const Finished = z.object({ state: z.string(), startedAt: z.optional(z.number()), finishedAt: z.number() });

async function finishedOn(table: Table, day: number): Promise<DayTotals> {
  const query = { ...partitionOf('finished', String(day)), TableName: table.name };
  let [completed, failed, buildTimeMs] = [0, 0, 0];
  for await (const page of paginateQuery({ client: table.client }, query)) {
    for (const item of page.Items ?? []) {
      const { state, startedAt, finishedAt } = Finished.parse(unmarshall(item));
      if (state === 'completed') completed += 1;
      else if (state === 'failed') failed += 1;
      else continue;
      buildTimeMs += startedAt === undefined ? 0 : Math.max(0, finishedAt - startedAt);
    }
  }
  return { completed, failed, buildTimeMs };
}

async function onlineWorkers(table: Table, now: number): Promise<number> {
  const query = { ...partitionOf('listed', listPartition('workers')), TableName: table.name };
  let online = 0;
  for await (const page of paginateQuery({ client: table.client }, query)) {
    const workers = (await readAll(table, page.Items ?? [])).map(fromWorkerItem);
    online += workers.filter((worker) => workerState(worker, now) !== 'offline').length;
  }
  return online;
}
