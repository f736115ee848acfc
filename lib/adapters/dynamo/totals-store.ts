import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { TotalsStore } from '../../app/ports.ts';
import { totalsKey } from './keys.ts';
import type { Table } from './table.ts';

const TotalsItem = z.object({
  throughDay: z.number(),
  completed: z.number(),
  failed: z.number(),
  buildTimeMs: z.number(),
});

export function totalsStore({ client, name }: Table): TotalsStore {
  return {
    get: async () => {
      const { Item } = await client.send(new GetItemCommand({ TableName: name, Key: marshall(totalsKey) }));
      return Item && TotalsItem.parse(unmarshall(Item));
    },
    advance: async ({ throughDay, completed, failed, buildTimeMs }, previousDay) => {
      const Item = marshall({ ...totalsKey, throughDay, completed, failed, buildTimeMs });
      const condition =
        previousDay === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'throughDay = :previous',
              ExpressionAttributeValues: marshall({ ':previous': previousDay }),
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
