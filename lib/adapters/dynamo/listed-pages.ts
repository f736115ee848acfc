import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { BuildIndex, PageOptions } from '../../app/ports.ts';
import type { Build } from '../../domain/build.ts';
import { type BuildFilter, matches } from '../../domain/build-filter.ts';
import { Rejection } from '../../domain/rejection.ts';
import { fromBuildItem, isUnreadable } from './build-item.ts';
import { BATCH_KEYS, type IndexName, type Item, PARTITION_ATTRIBUTES, partitionOf, readAll } from './index-query.ts';
import { buildKey, listPartition, workerKey } from './keys.ts';
import type { Table } from './table.ts';
import { fromWorkerItem } from './worker-store.ts';

/** What has its place in an index. A record that cannot be read is there without it. */
interface Place<T> {
  readonly listedAt: string;
  readonly found?: T;
}

/**
 * One index serves what is asked; what else is asked is looked for among what it names, in so many rounds: a page then
 * ends where it got to, short, and the next one goes on there.
 */
const MAX_ROUNDS = 5;

/** The most selective index that the filter names. A worker has few builds, a state many, a platform half of all. */
function placeOf({ workerId, state, platform }: BuildFilter): { index: IndexName; partition: string } {
  if (workerId !== undefined) return { index: 'worker', partition: workerId };
  if (state !== undefined) return { index: 'state', partition: state };
  if (platform !== undefined) return { index: 'platform', partition: platform };
  return { index: 'listed', partition: listPartition('builds') };
}

export async function listBuilds(
  table: Table,
  { limit, cursor }: PageOptions,
  filter: BuildFilter,
): ReturnType<BuildIndex['list']> {
  const { index, partition } = placeOf(filter);
  const span = spanOf(filter);
  if (cursor !== undefined) checkCursor(cursor);
  // DynamoDB goes on from no place outside of the span, and a cursor may come from another question.
  if (cursor !== undefined && cursor < span.from) return { builds: [] };

  let next = cursor !== undefined && cursor > span.to ? undefined : cursor;
  const builds: Build[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const wanted = isExact(filter) ? limit - builds.length : BATCH_KEYS;
    const page = await placesFrom(table, { index, partition, span, limit: wanted, cursor: next }, toBuild);
    let isCut = false;
    for (const { listedAt: place, found } of page.places) {
      isCut = builds.length === limit;
      if (isCut) break;
      next = place;
      // The index may lag behind: the record itself says what it is.
      if (found && matches(found, filter)) builds.push(found);
    }
    if (page.isLast && !isCut) return { builds };
    if (builds.length === limit) break;
  }
  return next === undefined ? { builds } : { builds, next };
}

/** Whether the index names just what is asked for: then no more is read than is wanted. The days are a part of its key. */
function isExact({ submittedAfter: _after, submittedBefore: _before, labels = [], ...others }: BuildFilter): boolean {
  const asked = Object.values(others).filter((value) => value !== undefined).length;
  return labels.length === 0 && others.text === undefined && asked <= 1;
}

interface Span {
  readonly from: string;
  readonly to: string;
}

/** A key is 13 digits, `#` and an id: the digits alone come before all of that millisecond, `~` after everything. */
function spanOf({ submittedAfter, submittedBefore }: BuildFilter): Span {
  const digits = (ms: number) => String(ms).padStart(13, '0');
  return {
    from: digits(submittedAfter ?? 0),
    to: submittedBefore === undefined ? '~' : digits(submittedBefore),
  };
}

export async function listWorkers(table: Table, { limit, cursor }: PageOptions): ReturnType<BuildIndex['workers']> {
  const query = { index: 'listed', partition: listPartition('workers'), limit, cursor } as const;
  const { places, isLast } = await placesFrom(table, query, fromWorkerItem);
  const workers = places.flatMap(({ found }) => found ?? []);
  const next = places.at(-1)?.listedAt;
  return isLast || next === undefined ? { workers } : { workers, next };
}

interface PlacesQuery extends PageOptions {
  readonly index: IndexName;
  readonly partition: string;
  /** Absent: all of the partition. */
  readonly span?: Span;
}

async function placesFrom<T>(table: Table, query: PlacesQuery, read: (item: Item) => T | undefined) {
  const { limit, cursor } = query;
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      ...spanned(table, query),
      Limit: limit,
      ScanIndexForward: false,
      ExclusiveStartKey: cursor === undefined ? undefined : startAfter(query, cursor),
    }),
  );
  const items = new Map((await readAll(table, Items)).map((item) => [item['pk']?.S, item]));
  const places = Items.map((key): Place<T> => {
    const item = items.get(key['pk']?.S);
    const found = item && read(item);
    return { listedAt: key['listedAt']?.S ?? '', ...(found !== undefined && { found }) };
  });
  return { places, isLast: LastEvaluatedKey === undefined };
}

function spanned(table: Table, { index, partition, span }: PlacesQuery) {
  const query = partitionOf(table, index, partition);
  if (!span) return query;
  return {
    ...query,
    KeyConditionExpression: `${query.KeyConditionExpression} AND listedAt BETWEEN :from AND :to`,
    ExpressionAttributeValues: {
      ...query.ExpressionAttributeValues,
      ...marshall({ ':from': span.from, ':to': span.to }),
    },
  };
}

/** A record that cannot be read must not take the list of all others down; the sweep reports it. */
export function toBuild(item: Item): Build | undefined {
  try {
    return fromBuildItem(item);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** The cursor is the last place of the page before: `<13 digits of ms>#<id>`. It is the same in every index. */
function startAfter({ index, partition }: PlacesQuery, cursor: string): Item {
  const id = checkCursor(cursor);
  const key = partition === listPartition('workers') ? workerKey(id) : buildKey(id);
  return marshall({ ...key, [PARTITION_ATTRIBUTES[index]]: partition, listedAt: cursor });
}

/** The id in it. */
function checkCursor(cursor: string): string {
  const [, id] = /^\d{13}#([A-Za-z0-9_-]{1,64})$/.exec(cursor) ?? [];
  if (id === undefined) throw new Rejection('invalid_request', 'cursor is not one that this controller gave');
  return id;
}
