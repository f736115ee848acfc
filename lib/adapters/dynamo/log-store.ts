import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { LogStore } from '../../app/ports.ts';
import type { Build } from '../../domain/build.ts';
import { type LogLine, type LogSizes, sizeOfAll } from '../../domain/log-line.ts';
import { Rejection } from '../../domain/rejection.ts';
import { decide, type HolderClaim } from '../../domain/transitions.ts';
import { allowedFrom, heldBy } from './build-changes.ts';
import { fromBuildItem } from './build-item.ts';
import { retriedKey, retriedPut } from './event-item.ts';
import { type Change, exists, isBelowOrAbsent } from './expression.ts';
import { buildKey } from './keys.ts';
import { type Batch, type Place, toLogItem } from './log-item.ts';
import { readLog } from './read-log.ts';
import type { Table } from './table.ts';
import { transact, update } from './write.ts';

const Placed = z.object({ logBatches: z.number(), logBytes: z._default(z.number(), 0) });
/** The latest batch of a holder that numbers its lines, and its place. */
const Marked = z.object({ logMark: z.number(), logMarkBatch: z.number(), logMarkStart: z.number() });

/** Lines in batches, one item for each call. */
export function logStore(table: Table, sizes: LogSizes): LogStore {
  const put = async (batch: Batch, buildId: string) => {
    const item = toLogItem(table, buildId, batch, sizes.headBytes);
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: marshall(item) }));
  };
  return {
    append: async (buildId, claim, lines, now, { maskFor = asTheyAre, mark } = {}) => {
      const bytes = sizeOfAll(lines);
      const store = (place: Place, build: Build) => {
        const mask = maskFor(build);
        const masked = lines.map((line) => ({ ...line, message: mask(line.message) }));
        return put({ ...place, storedAt: now, lines: masked }, buildId);
      };
      const outcome = await update(table, placing(buildId, claim, bytes, now, mark), 'ALL_NEW');
      const { item } = outcome;
      const build = item && fromBuildItem(item);
      if (outcome.ok) {
        if (!build) throw new Error(`no item came back from the update of build ${buildId}`);
        const { logBatches, logBytes } = Placed.parse(unmarshall(item));
        await store({ sequence: logBatches, startsAt: logBytes - bytes, bytes }, build);
        return { ok: true, build };
      }
      const isHolder = build && decide(build, { type: 'heartbeat', claim, leaseMs: 0 }, now).ok;
      const marked = z.safeParse(Marked, item && unmarshall(item));
      const isTaken = mark !== undefined && marked.success && marked.data.logMark >= mark;
      if (!isHolder || !isTaken) return { ok: false, current: build };
      // Whoever took the place of the latest may have died before it was stored. The earlier ones have been followed.
      const { logMark, logMarkBatch: sequence, logMarkStart: startsAt } = marked.data;
      if (logMark === mark) await store({ sequence, startsAt, bytes }, build);
      return { ok: true, build };
    },
    note: async (buildId, line) => put(await noted(table, buildId, line), buildId),
    noteRetry: (build, retryId, line) => noteRetry(table, sizes, build, retryId, line),
    read: (buildId, after, options) => readLog(table, sizes, buildId, after, options),
  };
}

/** A line of ours at the next place. It takes no bytes of the log, as those of an ended build say where its newest part begins. */
async function noted(table: Table, buildId: string, line: LogLine): Promise<Batch> {
  const change = { key: buildKey(buildId), add: { logBatches: 1, logNotes: 1 }, when: [exists('pk')] };
  const { item } = await update(table, change, 'ALL_NEW');
  if (!item) throw new Error(`there is no build ${buildId} to add a line to`);
  const { logBatches, logBytes } = Placed.parse(unmarshall(item));
  return { sequence: logBatches, startsAt: logBytes, bytes: 0, storedAt: line.timestamp, lines: [line] };
}

/**
 * The event and the line are one transaction, the event's condition deciding for both; so nobody who dies in between has
 * told one of them only. The place is taken before, and stays free where another was quicker.
 */
async function noteRetry(
  table: Table,
  sizes: LogSizes,
  build: Pick<Build, 'id' | 'attempt'>,
  retryId: string,
  line: LogLine,
): Promise<boolean> {
  const { client, name } = table;
  const Key = marshall(retriedKey(build.id, build.attempt, retryId));
  const { Item } = await client.send(new GetItemCommand({ TableName: name, Key, ConsistentRead: true }));
  if (Item) return false;
  const batch = await noted(table, build.id, line);
  const outcome = await transact(table, `${batch.sequence}-${retryId}`, [
    retriedPut(table, build, retryId, line.timestamp),
    { item: toLogItem(table, build.id, batch, sizes.headBytes) },
  ]);
  if (outcome.ok) return true;
  if (outcome.refusals[0]?.kind === 'condition') return false;
  throw new Rejection('contended', 'The build is being tried again by others; try again');
}

const asTheyAre = () => (message: string) => message;

/** Takes the next place in the log, for the holder; and for a numbered batch only once, remembering where. */
function placing(buildId: string, claim: HolderClaim, bytes: number, now: number, mark: number | undefined): Change {
  const holds = [allowedFrom('heartbeat'), ...heldBy(claim)];
  const change = {
    key: buildKey(buildId),
    setOnce: { buildingSince: now },
    add: { logBatches: 1, logBytes: bytes },
  };
  if (mark === undefined) return { ...change, set: { state: 'building' }, when: holds };
  return {
    ...change,
    set: { state: 'building', logMark: mark },
    copy: { logMarkBatch: { of: 'logBatches', plus: 1 }, logMarkStart: { of: 'logBytes', plus: 0 } },
    when: [...holds, isBelowOrAbsent('logMark', mark)],
  };
}
