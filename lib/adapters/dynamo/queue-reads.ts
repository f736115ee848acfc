import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { BuildIndex } from '../../app/ports.ts';
import { readAll, partitionOf } from './index-query.ts';
import { finishedDay } from './keys.ts';
import { toBuild } from './listed-pages.ts';
import type { Table } from './table.ts';

/** What a build's place in the queue is told by: one page and one batch each. */
export function queueReads(table: Table): Pick<BuildIndex, 'oldestPending' | 'lastFinished'> {
  return {
    oldestPending: async (limit) => {
      const query = { ...partitionOf(table, 'state', 'pending'), Limit: limit };
      const { Items = [], LastEvaluatedKey } = await table.client.send(new QueryCommand(query));
      const builds = (await readAll(table, Items)).flatMap((item) => toBuild(item) ?? []);
      return { builds, isCut: LastEvaluatedKey !== undefined };
    },
    lastFinished: async (at, limit) => {
      const query = { ...partitionOf(table, 'finished', finishedDay(at)), Limit: limit, ScanIndexForward: false };
      const { Items = [] } = await table.client.send(new QueryCommand(query));
      return (await readAll(table, Items)).flatMap((item) => toBuild(item) ?? []);
    },
  };
}
