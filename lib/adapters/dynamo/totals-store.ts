import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { TotalsStore } from '../../app/ports.ts';
import { totalsKey } from './keys.ts';
import type { Table } from './table.ts';

const TotalsItem = z.object({
  through: z.number(),
  completed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  buildTimeMs: z.number(),
  cpuMs: z._default(z.number(), 0),
  completedOnDay: z.number(),
});

export function totalsStore({ client, name }: Table): TotalsStore {
  return {
    get: async () => {
      const { Item } = await client.send(new GetItemCommand({ TableName: name, Key: marshall(totalsKey) }));
      return Item && TotalsItem.parse(unmarshall(Item));
    },
    advance: async (next, previous) => {
      const Item = marshall({ ...totalsKey, ...next });
      const condition =
        previous === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'through = :previous',
              ExpressionAttributeValues: marshall({ ':previous': previous }),
            };
      try {
        await client.send(new PutItemCommand({ TableName: name, Item, ...condition }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
