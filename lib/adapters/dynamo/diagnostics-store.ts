import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { DiagnosticsStore } from '../../app/ports.ts';
import { CHECK_STATUSES, DIAGNOSTIC_STATUSES } from '../../domain/diagnostic-report.ts';
import { diagnosticsKey, expiresAt } from './keys.ts';
import type { Table } from './table.ts';

const ReportItem = z.object({
  id: z.string(),
  workerId: z.string(),
  status: z.enum(DIAGNOSTIC_STATUSES),
  runAt: z.number(),
  durationMs: z.number(),
  isAutoFixed: z.boolean(),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(CHECK_STATUSES),
      message: z.string(),
      durationMs: z.number(),
      isAutoFixed: z.boolean(),
      details: z.optional(z.record(z.string(), z.string())),
    }),
  ),
});

export function diagnosticsStore({ client, name }: Table): DiagnosticsStore {
  return {
    add: async (report, keptDays) => {
      const { workerId, runAt, id } = report;
      const item = { ...diagnosticsKey(workerId, runAt, id), ...report, expiresAt: expiresAt(runAt, keptDays) };
      const Item = marshall(item, { removeUndefinedValues: true });
      await client.send(new PutItemCommand({ TableName: name, Item }));
    },
    latest: async (workerId, limit) => {
      const { pk } = diagnosticsKey(workerId, 0, '');
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: name,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': 'DIAGNOSTICS#' }),
          ScanIndexForward: false,
          Limit: limit,
          ConsistentRead: true,
        }),
      );
      return Items.map((item) => toReport(ReportItem.parse(unmarshall(item))));
    },
  };
}

function toReport({ checks, ...report }: z.output<typeof ReportItem>) {
  return { ...report, checks: checks.map(({ details, ...check }) => ({ ...check, ...(details && { details }) })) };
}
