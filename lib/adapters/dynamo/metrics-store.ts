import { type AttributeValue, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { MetricsStore } from '../../app/metrics-ports.ts';
import { minuteOf, type Sample, STAGES } from '../../domain/telemetry.ts';
import type { Change } from './expression.ts';
import { metricKey, recordExpiresAt } from './keys.ts';
import type { Table } from './table.ts';

const SampleItem = z.object({
  at: z.number(),
  cpuPercent: z.number(),
  memoryMb: z.optional(z.number()),
  stage: z.optional(z.enum(STAGES)),
});

export function metricsStore(table: Table): MetricsStore {
  const { client, name } = table;
  return {
    put: async (buildId, sample) => {
      const expiresAt = recordExpiresAt(table, sample.at);
      const Item = marshall({ ...metricKey(buildId, minuteOf(sample)), ...sample, expiresAt });
      await client.send(new PutItemCommand({ TableName: name, Item }));
    },
    read: async (buildId) => {
      const samples: Sample[] = [];
      const { pk } = metricKey(buildId, 0);
      const query = {
        TableName: name,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': 'METRIC#' }),
      };
      for await (const page of paginateQuery({ client }, query)) {
        samples.push(...(page.Items ?? []).map((item) => SampleItem.parse(unmarshall(item)) as Sample));
      }
      return samples;
    },
  };
}

/** The part of a change that counts a sample: the sum and the number give the average, wherever the build has ended. */
export function counted(sample: Sample | undefined): Pick<Change, 'set' | 'add'> {
  if (!sample) return {};
  return { set: { sampledMinute: minuteOf(sample) }, add: { cpuSum: sample.cpuPercent, cpuCount: 1 } };
}

/** @param before the changed attributes as they were. */
export function isFirstOfMinute(sample: Sample, before: Record<string, AttributeValue> | undefined): boolean {
  return before?.['sampledMinute']?.N !== String(minuteOf(sample));
}
