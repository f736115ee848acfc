import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import type { BuildState } from '../../lib/domain/build.ts';
import { TABLE_TTL_ATTRIBUTE } from '../tables.ts';

export interface RecordsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: () => number;
}

type Item = Record<string, AttributeValue>;

/** Small enough that a request which comes meanwhile hardly waits for it. */
const PAGE_ITEMS = 250;

/** BatchGetItem: at most 100 keys. */
const BATCH_KEYS = 100;

/** What DynamoDB's time to live does on AWS: the embedded engine takes the setting and removes nothing. */
export function expiredRecords({ client, table, clock }: RecordsOptions) {
  const names = { '#until': TABLE_TTL_ATTRIBUTE };
  const now = () => ({ ':now': { N: String(Math.floor(clock() / 1000)) } });

  return {
    /** Goes through the table: the key of each item whose time is past, and undefined for each of the others. */
    async *past(): AsyncGenerator<Item | undefined, void> {
      const scan = {
        TableName: table,
        ProjectionExpression: 'pk, sk',
        FilterExpression: '#until < :now',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: now(),
      };
      for await (const page of paginateScan({ client, pageSize: PAGE_ITEMS }, scan)) {
        const { Items = [], ScannedCount = 0 } = page;
        yield* Items;
        yield* Array.from({ length: ScannedCount - Items.length }, () => undefined);
      }
    },

    /** Removes an item if its time is still past: it may have been renewed since it was found. Whether we removed it. */
    async remove({ pk, sk }: Item): Promise<boolean> {
      const command = new DeleteItemCommand({
        TableName: table,
        Key: { pk, sk } as Item,
        ConditionExpression: '#until < :now',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: now(),
      });
      return client.send(command).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ConditionalCheckFailedException) return false;
          throw error;
        },
      );
    },
  };
}

/**
 * In the order of their lives, and round once more: a build that is given back while this is read goes from one that is
 * still to be read to one that was read before.
 */
const LIVE_STATES: readonly BuildState[] = ['pending', 'assigned', 'building', 'pending', 'assigned'];

/** The keys of the files that builds which have not ended refer to. */
export async function filesInUse({ client, table }: Omit<RecordsOptions, 'clock'>): Promise<ReadonlySet<string>> {
  const builds = new Map<string, Item>();
  for (const state of LIVE_STATES) {
    const query = {
      TableName: table,
      IndexName: 'state',
      KeyConditionExpression: '#state = :state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':state': { S: state } },
    };
    for await (const { Items = [] } of paginateQuery({ client }, query)) {
      for (const { pk, sk } of Items) builds.set(pk?.S ?? '', { pk, sk } as Item);
    }
  }
  const files = new Set<string>();
  const keys = [...builds.values()];
  for (let first = 0; first < keys.length; first += BATCH_KEYS) {
    for (const file of await filesOf(client, table, keys.slice(first, first + BATCH_KEYS))) files.add(file);
  }
  return files;
}

async function filesOf(client: DynamoDBClient, table: string, Keys: Item[]): Promise<string[]> {
  const request = { [table]: { Keys, ConsistentRead: true, ProjectionExpression: 'sourceKey, certsKey' } };
  const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems: request }));
  // A file may be lost by half an answer: the next pass asks again.
  if (UnprocessedKeys?.[table]) throw new Error('not every build could be read');
  return (Responses?.[table] ?? []).flatMap(({ sourceKey, certsKey }) =>
    [sourceKey?.S ?? [], certsKey?.S ?? []].flat(),
  );
}
