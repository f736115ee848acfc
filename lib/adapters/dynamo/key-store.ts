import { type AttributeValue, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { KeyStore } from '../../app/ports.ts';
import { type ApiKey, SCOPES } from '../../domain/api-key.ts';
import { exists } from './expression.ts';
import { apiKeyKey, recordExpiresAt } from './keys.ts';
import type { Kept, Table } from './table.ts';
import { update } from './write.ts';

const KeyItem = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  hash: z.string(),
  createdAt: z.number(),
  createdBy: z.string(),
  // Not `expiresAt`: by that the table forgets items.
  validUntil: z.optional(z.number()),
  revokedAt: z.optional(z.number()),
  revokedBy: z.optional(z.string()),
});

/** The keys in the table, all under one partition: they are few, and their list is a consistent read. */
export function keyStore(table: Table): KeyStore {
  const { client, name } = table;
  return {
    get: async (id) => {
      const request = { TableName: name, Key: marshall(apiKeyKey(id)), ConsistentRead: true };
      const { Item } = await client.send(new GetItemCommand(request));
      return Item && fromKeyItem(Item);
    },
    create: async (key) => {
      // Unconditional: the id is freshly drawn from 126 random bits, and a resend writes the same again.
      const Item = marshall(toKeyItem(table, key), { removeUndefinedValues: true });
      await client.send(new PutItemCommand({ TableName: name, Item }));
    },
    list: async () => {
      const query = {
        TableName: name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: marshall({ ':pk': apiKeyKey('').pk }),
        ConsistentRead: true,
      };
      const keys: ApiKey[] = [];
      for await (const page of paginateQuery({ client }, query)) keys.push(...(page.Items ?? []).map(fromKeyItem));
      return keys.sort((a, b) => b.createdAt - a.createdAt);
    },
    revoke: async (id, by, now) => {
      const change = {
        key: apiKeyKey(id),
        set: { expiresAt: recordExpiresAt(table, now) },
        setOnce: { revokedAt: now, revokedBy: by },
        when: [exists('pk')],
      };
      const { ok, item } = await update(table, change, 'ALL_NEW');
      return ok && item ? fromKeyItem(item) : undefined;
    },
  };
}

function toKeyItem(kept: Kept, { expiresAt, scopes, ...key }: ApiKey) {
  return {
    ...apiKeyKey(key.id),
    ...key,
    scopes: [...scopes],
    validUntil: expiresAt,
    // A dead key's record stays as long as those of builds do.
    expiresAt: expiresAt === undefined ? undefined : recordExpiresAt(kept, expiresAt),
  };
}

function fromKeyItem(item: Record<string, AttributeValue>): ApiKey {
  const { validUntil, revokedAt, revokedBy, ...key } = KeyItem.parse(unmarshall(item));
  return {
    ...key,
    ...(validUntil !== undefined && { expiresAt: validUntil }),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(revokedBy !== undefined && { revokedBy }),
  };
}
