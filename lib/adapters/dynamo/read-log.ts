import { type AttributeValue, GetItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { type LogLine, type LogSizes, MAX_BATCH_BYTES } from '../../domain/log-line.ts';
import { buildKey, logKey, TAIL_SLOTS, tailKey } from './keys.ts';
import { type Batch, endsHead, fromLogItem } from './log-item.ts';
import type { Table } from './table.ts';

/**
 * A place in the order is taken before the lines are stored. A reader that meets a free place waits this long for its
 * lines before it goes past them: a follower must never see lines appear before ones it has already shown.
 */
const GAP_PATIENCE_MS = 10_000;

/** So many batches of the ring are read; the rest of its places is for lines that the controller adds after the end. */
const TAIL_BATCHES = TAIL_SLOTS - 24;

interface Page {
  readonly lines: LogLine[];
  next: number;
  hasMore: boolean;
}

/** The beginning of a log from behind a place on, then (where asked for) what is kept of the rest. */
export async function readLog(
  table: Table,
  sizes: LogSizes,
  buildId: string,
  after: number,
  { now, hasTail }: { readonly now: number; readonly hasTail: boolean },
): Promise<Page> {
  const page: Page = { lines: [], next: after, hasMore: false };
  let headEnd: Batch | undefined;
  for await (const batch of query(table, buildId, `${logKey(buildId, after).sk}~`, 'LOG#~', true)) {
    const isGap = batch.sequence > page.next + 1;
    if (isGap && isYoung(batch, now)) return { ...page, hasMore: true };
    page.lines.push(...batch.lines);
    page.next = batch.sequence;
    if (!endsHead(batch, sizes.headBytes)) continue;
    headEnd = batch;
    page.lines.push(notice(batch.lines.at(-1), headEnds(sizes)));
  }
  // Nothing behind the cursor: the beginning may have ended before it.
  const mayHaveTail = headEnd !== undefined || (after > 0 && page.next === after);
  return hasTail && mayHaveTail ? withTail(table, sizes, buildId, page, headEnd, now) : page;
}

async function withTail(
  table: Table,
  sizes: LogSizes,
  buildId: string,
  page: Page,
  headEnd: Batch | undefined,
  now: number,
) {
  const extent = await readExtent(table, buildId);
  if (extent.logBytes <= sizes.headBytes) return page;
  const from = extent.logBytes - sizes.tailBytes;
  // Counted without the controller's own lines: these may still come when the build has ended.
  const oldest = Math.max(page.next, extent.logBatches - extent.logNotes - TAIL_BATCHES);
  const kept = await newest(
    table,
    buildId,
    extent.logBatches,
    (batch) => batch.sequence > oldest && batch.startsAt >= from,
  );
  for (const batch of kept) {
    const isGap = batch.sequence > page.next + 1;
    const isReplaced = batch === kept[0] && (batch.sequence - 1 <= oldest || batch.startsAt - MAX_BATCH_BYTES <= from);
    if (isGap && !isReplaced && isYoung(batch, now)) return { ...page, hasMore: true };
    if (isGap) page.lines.push(notice(batch.lines[0], missing(headEnd, batch)));
    page.lines.push(...batch.lines);
    page.next = batch.sequence;
    headEnd = undefined;
  }
  return page;
}

const isYoung = ({ storedAt }: Batch, now: number) => now - storedAt < GAP_PATIENCE_MS;

const amount = (bytes: number) => (bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2} MiB` : `${bytes} bytes`);
const headEnds = ({ headBytes, tailBytes }: LogSizes) =>
  `The log has passed ${amount(headBytes)}: of what follows only the newest ${amount(tailBytes)} is kept, ` +
  'and shown here when the build has ended';

function missing(headEnd: Batch | undefined, next: Batch): string {
  if (!headEnd) return 'Lines are missing here: they were replaced by newer ones before they were read';
  return `${next.startsAt - headEnd.startsAt - headEnd.bytes} bytes of the log are not kept here`;
}

function notice(beside: LogLine | undefined, message: string): LogLine {
  return { timestamp: beside?.timestamp ?? 0, level: 'warn', message };
}

const Extent = z.object({
  logBatches: z._default(z.number(), 0),
  logBytes: z._default(z.number(), 0),
  logNotes: z._default(z.number(), 0),
});

async function readExtent({ client, name }: Table, buildId: string) {
  const { Item = {} } = await client.send(
    new GetItemCommand({
      TableName: name,
      Key: marshall(buildKey(buildId)),
      ProjectionExpression: 'logBatches, logBytes, logNotes',
      ConsistentRead: true,
    }),
  );
  return Extent.parse(unmarshall(Item));
}

/** The ring backwards from its newest batch, as long as `isWanted`; oldest first. */
async function newest(table: Table, buildId: string, last: number, isWanted: (batch: Batch) => boolean) {
  const slot = last % TAIL_SLOTS;
  const at = (place: number) => tailKey(buildId, place).sk;
  const wanted: Batch[] = [];
  const ranges = [[0, slot], ...(slot + 1 < TAIL_SLOTS ? [[slot + 1, TAIL_SLOTS - 1]] : [])] as const;
  for (const [from = 0, to = 0] of ranges) {
    for await (const batch of query(table, buildId, at(from), at(to), false)) {
      // Its place is taken by a batch that is not stored yet, or was taken again since.
      if (batch.sequence <= last - TAIL_SLOTS || batch.sequence > last) continue;
      if (!isWanted(batch)) return wanted;
      wanted.unshift(batch);
    }
  }
  return wanted;
}

async function* query({ client, name }: Table, buildId: string, from: string, to: string, isForward: boolean) {
  const { pk } = buildKey(buildId);
  const pages = paginateQuery(
    { client },
    {
      TableName: name,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: marshall({ ':pk': pk, ':from': from, ':to': to }),
      ScanIndexForward: isForward,
      ConsistentRead: true,
    },
  );
  for await (const page of pages)
    yield* (page.Items ?? []).map((item: Record<string, AttributeValue>) => fromLogItem(item));
}
