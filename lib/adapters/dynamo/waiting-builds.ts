import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { WaitingBuild, WaitingBuilds } from '../../app/ports.ts';
import type { Platform } from '../../domain/build.ts';
import { hasAll } from '../../domain/labels.ts';
import { type Item, partitionOf, readAll } from './index-query.ts';
import { waitPartition } from './keys.ts';
import type { Table } from './table.ts';

/** More are in nobody's way at once: whoever reads the next page has assigned these. */
const URGENT = 10;
/** 50 entries are 17 KB: two read units. */
const PAGE = 50;
/** Builds under one label of which a worker has to see that it lacks another; beyond them it does not look. */
const MAX_PAGES = 20;
/** Keys that some are chosen from: a page of 12 KB, two read units. */
const KEYS = 100;
/** So many of their records are read at once, a read unit each. */
const RECORDS = 25;

/** The indexes of builds that wait. */
export function waitingBuilds(table: Table): WaitingBuilds {
  return {
    urgent: async (platform) => (await page(table, platform, undefined, URGENT)).builds,
    labelled: async (platform, label, labels) => {
      let cursor: Item | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const { builds, next } = await page(table, platform, label, PAGE, cursor);
        const fitting = builds.filter((build) => hasAll(labels, build.labels));
        if (fitting.length > 0 || !next) return fitting;
        cursor = next;
      }
      return [];
    },
    some: async (platform, labels, chance) => {
      for (const isOldestFirst of [true, false]) {
        const found = await someOf(table, platform, labels, chance, isOldestFirst);
        if (found.length > 0) return found;
      }
      return [];
    },
  };
}

/** The index has keys alone, of both platforms and whatever labels: records are read until some fit. */
async function someOf(
  table: Table,
  platform: Platform,
  labels: readonly string[],
  chance: number,
  isOldestFirst: boolean,
): Promise<WaitingBuild[]> {
  const query = { ...partitionOf(table, 'state', 'pending'), Limit: KEYS, ScanIndexForward: isOldestFirst };
  const { Items = [] } = await table.client.send(new QueryCommand(query));
  const first = Math.floor(chance * Items.length);
  const keys = [...Items.slice(first), ...Items.slice(0, first)];
  for (let read = 0; read < keys.length; read += RECORDS) {
    const records = await readAll(table, keys.slice(read, read + RECORDS));
    const waiting = records.filter((item) => isWaiting(item, platform)).flatMap((item) => toWaiting(item, platform));
    const fitting = waiting.filter((build) => hasAll(labels, build.labels));
    if (fitting.length > 0) return fitting;
  }
  return [];
}

const isWaiting = (item: Item, platform: Platform) =>
  item['state']?.S === 'pending' && item['platform']?.S === platform;

async function page(table: Table, platform: Platform, label: string | undefined, limit: number, cursor?: Item) {
  const { Items = [], LastEvaluatedKey: next } = await table.client.send(
    new QueryCommand({
      ...partitionOf(table, 'waiting', waitPartition(platform, label)),
      Limit: limit,
      ExclusiveStartKey: cursor,
    }),
  );
  return { builds: Items.flatMap((item) => toWaiting(item, platform)), next };
}

const count = z.number().check(z.int(), z.nonnegative());
const WaitingItem = z.object({
  pk: z.string().check(z.startsWith('BUILD#')),
  attempt: count,
  submittedAt: count,
  rank: z.optional(z.number()),
  // A record that lost its source is found all the same: its assignment is refused, and it fails.
  sourceSize: z._default(count, 0),
  sourceSha256: z._default(z.string(), ''),
  certsKey: z.optional(z.string()),
  labels: z.optional(z.array(z.string())),
});

/** One that cannot be read is left to the sweep. */
function toWaiting(item: Item, platform: Platform): WaitingBuild[] {
  const parsed = z.safeParse(WaitingItem, unmarshall(item));
  if (!parsed.success) return [];
  const { pk, certsKey, labels, rank, ...facts } = parsed.data;
  const asked = {
    ...(certsKey !== undefined && { hasCerts: true }),
    ...(labels && { labels }),
    ...(rank !== undefined && { rank }),
  };
  return [{ ...facts, buildId: pk.slice('BUILD#'.length), platform, ...asked }];
}
