import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { LogStore } from '../../app/ports.ts';
import { type LogSizes, sizeOfAll } from '../../domain/log-line.ts';
import { allowedFrom, heldBy } from './build-changes.ts';
import { fromBuildItem } from './build-item.ts';
import { exists } from './expression.ts';
import { buildKey } from './keys.ts';
import { type Batch, toLogItem } from './log-item.ts';
import { readLog } from './read-log.ts';
import type { Table } from './table.ts';
import { update } from './write.ts';

const Placed = z.object({ logBatches: z.number(), logBytes: z._default(z.number(), 0) });

/** Lines in batches, one item for each call. */
export function logStore(table: Table, sizes: LogSizes): LogStore {
  const put = async (batch: Batch, buildId: string) => {
    const Item = toLogItem(buildId, batch, sizes.headBytes);
    await table.client.send(new PutItemCommand({ TableName: table.name, Item }));
  };
  return {
    append: async (buildId, claim, lines, now, maskFor = () => (message) => message) => {
      const bytes = sizeOfAll(lines);
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
      const place = { sequence: logBatches, startsAt: logBytes - bytes, bytes };
      const build = fromBuildItem(outcome.item);
      const mask = maskFor(build);
      const masked = lines.map((line) => ({ ...line, message: mask(line.message) }));
      await put({ ...place, storedAt: now, lines: masked }, buildId);
      return { ok: true, build };
    },
    note: async (buildId, line) => {
      // Takes no bytes of the log, as those of an ended build say where its newest part begins.
      const change = { key: buildKey(buildId), add: { logBatches: 1, logNotes: 1 }, when: [exists('pk')] };
      const { item } = await update(table, change, 'ALL_NEW');
      if (!item) throw new Error(`there is no build ${buildId} to add a line to`);
      const { logBatches, logBytes } = Placed.parse(unmarshall(item));
      const place = { sequence: logBatches, startsAt: logBytes, bytes: 0 };
      await put({ ...place, storedAt: line.timestamp, lines: [line] }, buildId);
    },
    read: (buildId, after, options) => readLog(table, sizes, buildId, after, options),
  };
}
