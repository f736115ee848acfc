import { type AttributeValue, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { BuildIndex, DueBuild, Finished, LiveState } from '../../app/ports.ts';
import { BUILD_STATES } from '../../domain/build.ts';
import { isOffline } from '../../domain/worker.ts';
import { fromBuildItem, isUnreadable } from './build-item.ts';
import { fromSigns } from './signs-item.ts';
import { BATCH_KEYS, partitionOf, readAll } from './index-query.ts';
import { duePartition, listPartition } from './keys.ts';
import { listBuilds, listWorkers } from './listed-pages.ts';
import { queueReads } from './queue-reads.ts';
import type { Table } from './table.ts';
import { fromWorkerItem } from './worker-store.ts';

/** The indexes of the table. They may lag behind by moments; builds are read from the table itself. */
export function buildIndex(table: Table): BuildIndex {
  return {
    list: (page, filter) => listBuilds(table, page, filter),
    workers: (page) => listWorkers(table, page),
    ...queueReads(table),
    due: (kind, until) => due(table, kind, until),
    count: (state) => count(table, state),
    finishedOn: (day, from, to) => finishedOn(table, day, from, to),
    onlineWorkers: (now) => onlineWorkers(table, now),
  };
}

async function* due(table: Table, kind: 'pending' | 'leased', until: number): AsyncGenerator<DueBuild[]> {
  const query = partitionOf(table, 'due', duePartition(kind));
  const pages = paginateQuery(
    { client: table.client, pageSize: BATCH_KEYS },
    {
      ...query,
      KeyConditionExpression: `${query.KeyConditionExpression} AND dueAt <= :until`,
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ...marshall({ ':until': until }) },
    },
  );
  for await (const page of pages) {
    const items = await readAll(table, page.Items ?? []);
    yield items.map(toDue);
  }
}

function toDue(item: Record<string, AttributeValue>): DueBuild {
  const id = item['pk']?.S?.slice('BUILD#'.length) ?? '';
  try {
    return { id, build: fromBuildItem(item), signs: fromSigns(item) };
  } catch (error) {
    if (isUnreadable(error)) return { id };
    throw error;
  }
}

async function count(table: Table, state: LiveState): Promise<number> {
  const query = { ...partitionOf(table, 'state', state), Select: 'COUNT' as const };
  let sum = 0;
  for await (const page of paginateQuery({ client: table.client }, query)) sum += page.Count ?? 0;
  return sum;
}

const FinishedItem = z.object({
  state: z.enum(BUILD_STATES),
  startedAt: z.optional(z.number()),
  finishedAt: z.number(),
  cpuSum: z._default(z.number(), 0),
  cpuCount: z._default(z.number(), 0),
});

async function finishedOn(table: Table, day: number, from: number, to: number): Promise<Finished> {
  const query = partitionOf(table, 'finished', String(day));
  const pages = paginateQuery(
    { client: table.client },
    {
      ...query,
      KeyConditionExpression: `${query.KeyConditionExpression} AND finishedAt BETWEEN :from AND :to`,
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ...marshall({ ':from': from, ':to': to }) },
    },
  );
  const sum = { completed: 0, failed: 0, cancelled: 0, buildTimeMs: 0, cpuMs: 0 };
  for await (const page of pages) {
    for (const item of page.Items ?? []) {
      const { state, startedAt, finishedAt, cpuSum, cpuCount } = FinishedItem.parse(unmarshall(item));
      if (state !== 'completed' && state !== 'failed' && state !== 'cancelled') continue;
      sum[state] += 1;
      if (state === 'cancelled' || startedAt === undefined) continue;
      const buildTimeMs = Math.max(0, finishedAt - startedAt);
      sum.buildTimeMs += buildTimeMs;
      // A build whose machine reported nothing adds nothing.
      if (cpuCount > 0) sum.cpuMs += (cpuSum / cpuCount / 100) * buildTimeMs;
    }
  }
  return sum;
}

async function onlineWorkers(table: Table, now: number): Promise<number> {
  let online = 0;
  const pages = paginateQuery({ client: table.client }, partitionOf(table, 'listed', listPartition('workers')));
  for await (const page of pages) {
    const workers = (await readAll(table, page.Items ?? [])).map(fromWorkerItem);
    online += workers.filter((worker) => !isOffline(worker, now)).length;
  }
  return online;
}
