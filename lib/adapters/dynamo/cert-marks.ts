import { DeleteItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { CertMarks, CertsObject } from '../../app/cert-ports.ts';
import { exists } from './expression.ts';
import { certsMarkKey, duePartition, recordExpiresAt } from './keys.ts';
import type { Table } from './table.ts';
import { update } from './write.ts';

/** The marks are items beside the build's, in the same index of what is due; their key says everything. */
export function certMarks(table: Table): CertMarks {
  const { client, name: tableName } = table;
  const keyOf = ({ buildId, name }: CertsObject) => certsMarkKey(buildId, name);
  return {
    add: async (object, dueAt) => {
      const due = { duePartition: duePartition('certs'), dueAt, expiresAt: recordExpiresAt(table, dueAt) };
      await client.send(new PutItemCommand({ TableName: tableName, Item: marshall({ ...keyOf(object), ...due }) }));
    },
    due: (until) => due(table, until),
    postpone: async (object, dueAt) => {
      const set = { dueAt, expiresAt: recordExpiresAt(table, dueAt) };
      await update(table, { key: keyOf(object), set, when: [exists('pk')] });
    },
    remove: async (object) => {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: marshall(keyOf(object)) }));
    },
  };
}

async function* due({ client, name }: Table, until: number): AsyncGenerator<CertsObject[]> {
  const pages = paginateQuery(
    { client },
    {
      TableName: name,
      IndexName: 'due',
      KeyConditionExpression: 'duePartition = :partition AND dueAt <= :until',
      ExpressionAttributeValues: marshall({ ':partition': duePartition('certs'), ':until': until }),
    },
  );
  for await (const page of pages) {
    yield (page.Items ?? []).map(({ pk, sk }) => ({
      buildId: pk?.S?.slice('BUILD#'.length) ?? '',
      name: sk?.S?.slice('CERTS#'.length) ?? '',
    }));
  }
}
