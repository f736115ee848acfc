import { type AttributeValue, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { LogStore } from '../../app/ports.ts';
import { LOG_LEVELS, type LogLine, MAX_BUILD_LOG_BYTES } from '../../domain/log-line.ts';
import { Rejection } from '../../domain/rejection.ts';
import { allowedFrom, heldBy } from './build-changes.ts';
import { fromBuildItem } from './build-item.ts';
import { exists } from './expression.ts';
import { buildKey, expiresAt, logKey } from './keys.ts';
import type { Table } from './table.ts';
import { update } from './write.ts';

const Placed = z.object({ logBatches: z.number(), logBytes: z.number() });
const Batch = z.object({
  sk: z.string(),
  storedAt: z.number(),
  lines: z.array(z.object({ t: z.number(), l: z.enum(LOG_LEVELS), m: z.string() })),
});

/**
 * A place in the order is taken before the lines are stored. A reader that meets a free place waits this long for its
 * lines before it goes past them: a follower must never see lines appear before ones it has already shown.
 */
const GAP_PATIENCE_MS = 10_000;

/** One answer's worth: the rest follows behind the cursor. */
const PAGE_BYTES = MAX_BUILD_LOG_BYTES + 512 * 1024;

/** Lines in batches, one item for each call. */
export function logStore(table: Table): LogStore {
  return {
    append: async (buildId, claim, lines, now) => {
      const bytes = lines.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
      const outcome = await update(
        table,
        {
          key: buildKey(buildId),
          set: { state: 'building' },
          setOnce: { buildingSince: now },
          add: { logBatches: 1, logBytes: bytes },
          when: [allowedFrom('heartbeat'), ...heldBy(claim)],
        },
        'ALL_NEW',
      );
      if (!outcome.ok) return { ok: false, current: outcome.item && fromBuildItem(outcome.item) };
      if (!outcome.item) throw new Error(`no item came back from the update of build ${buildId}`);
      const { logBatches, logBytes } = Placed.parse(unmarshall(outcome.item));
      const kept = withinLimit(lines, logBytes, bytes);
      await put(table, buildId, logBatches, kept, now);
      return { ok: true, build: fromBuildItem(outcome.item) };
    },
    note: async (buildId, line) => {
      const bytes = Buffer.byteLength(line.message);
      const change = { key: buildKey(buildId), add: { logBatches: 1, logBytes: bytes }, when: [exists('pk')] };
      const { item } = await update(table, change, 'ALL_NEW');
      if (!item) throw new Error(`there is no build ${buildId} to add a line to`);
      await put(table, buildId, Placed.parse(unmarshall(item)).logBatches, [line], line.timestamp);
    },
    read: (buildId, after, now) => read(table, buildId, after, now),
  };
}

/** Past the limit a build's lines are counted and no longer kept; the first batch to pass it says so. */
function withinLimit(lines: readonly LogLine[], total: number, added: number): readonly LogLine[] {
  if (total <= MAX_BUILD_LOG_BYTES) return lines;
  if (total - added > MAX_BUILD_LOG_BYTES) return [];
  const timestamp = lines[0]?.timestamp ?? 0;
  const mib = MAX_BUILD_LOG_BYTES / 1024 ** 2;
  return [{ timestamp, level: 'warn', message: `The log passed ${mib} MiB: further lines are not kept` }];
}

async function put({ client, name }: Table, buildId: string, sequence: number, lines: readonly LogLine[], now: number) {
  const item = {
    ...logKey(buildId, sequence),
    storedAt: now,
    lines: lines.map(({ timestamp, level, message }) => ({ t: timestamp, l: level, m: message })),
    expiresAt: expiresAt(now),
  };
  await client.send(new PutItemCommand({ TableName: name, Item: marshall(item) }));
}

async function read(table: Table, buildId: string, after: number, now: number) {
  const lines: LogLine[] = [];
  let next = after;
  let bytes = 0;
  for await (const batch of batches(table, buildId, after)) {
    const sequence = Number(batch.sk.slice('LOG#'.length));
    const isGap = sequence > next + 1;
    if (isGap && now - batch.storedAt < GAP_PATIENCE_MS) return { lines, next, hasMore: true };
    if (bytes > PAGE_BYTES) return { lines, next, hasMore: true };
    for (const { t, l, m } of batch.lines) lines.push({ timestamp: t, level: l, message: m });
    bytes += batch.lines.reduce((sum, { m }) => sum + Buffer.byteLength(m), 0);
    next = sequence;
  }
  return { lines, next, hasMore: false };
}

async function* batches({ client, name }: Table, buildId: string, after: number) {
  const { pk, sk } = logKey(buildId, after);
  const pages = paginateQuery(
    { client },
    {
      TableName: name,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :end',
      ExpressionAttributeValues: marshall({ ':pk': pk, ':after': `${sk}~`, ':end': 'LOG#~' }),
      ConsistentRead: true,
    },
  );
  for await (const page of pages) {
    for (const item of page.Items ?? []) yield parseBatch(item, buildId);
  }
}

function parseBatch(item: Record<string, AttributeValue>, buildId: string) {
  const parsed = z.safeParse(Batch, unmarshall(item));
  if (parsed.success) return parsed.data;
  throw new Rejection('unavailable', `The log of build ${buildId} is unreadable`, { cause: parsed.error });
}
