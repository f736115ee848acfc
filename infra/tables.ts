import type { Keeping } from './stages.ts';

/**
 * The one table. Keys: `pk` names the thing (`BUILD#<id>`, `WORKER#<id>`, `KEYS`, `STATS`), `sk` the part of it.
 * - `due` (sparse): what the sweep must look at and when. It only proposes; a condition on the item decides.
 * - `listed`: builds and workers by time of arrival, newest first.
 * - `finished` (sparse): finished builds by day, with what the statistics need.
 * - `state`, `platform`, `worker`: builds again, newest first, by what a list may ask for. They are made of attributes that
 *   the record has anyway: nothing but a build has both `listedAt` and one of these, and no write has to think of them.
 * - `waiting` (sparse): builds that wait and have asked for labels or priority, with what an assignment needs to know.
 * All but `finished` and `waiting` carry keys only: a heartbeat changes no key and so costs one write, not three.
 */
export const TABLE_TTL_ATTRIBUTE = 'expiresAt';

export const tableName = (stage: string) => `buildlatch-${stage}`;

/** CloudFormation properties of the table; the embedded stack creates the same one through the API. */
export const tableProperties = (stage: string) => ({
  TableName: tableName(stage),
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
    { AttributeName: 'duePartition', AttributeType: 'S' as const },
    { AttributeName: 'dueAt', AttributeType: 'N' as const },
    { AttributeName: 'listPartition', AttributeType: 'S' as const },
    { AttributeName: 'listedAt', AttributeType: 'S' as const },
    { AttributeName: 'finishedDay', AttributeType: 'S' as const },
    { AttributeName: 'finishedAt', AttributeType: 'N' as const },
    { AttributeName: 'state', AttributeType: 'S' as const },
    { AttributeName: 'platform', AttributeType: 'S' as const },
    { AttributeName: 'workerId', AttributeType: 'S' as const },
    { AttributeName: 'waitPartition', AttributeType: 'S' as const },
    { AttributeName: 'rank', AttributeType: 'N' as const },
  ],
  KeySchema: keys('pk', 'sk'),
  GlobalSecondaryIndexes: [
    keysOnly('due', 'duePartition', 'dueAt'),
    keysOnly('listed', 'listPartition', 'listedAt'),
    keysOnly('state', 'state', 'listedAt'),
    keysOnly('platform', 'platform', 'listedAt'),
    keysOnly('worker', 'workerId', 'listedAt'),
    including('finished', 'finishedDay', 'finishedAt', ['state', 'startedAt', 'cpuSum', 'cpuCount']),
    including('waiting', 'waitPartition', 'rank', [
      'attempt',
      'submittedAt',
      'sourceSize',
      'sourceSha256',
      'certsKey',
      'labels',
    ]),
  ],
});

/** What only AWS has: expiry of old items, restore to any second, protection against deletion. */
export const tableResource = (stage: string, { deletionPolicy, isProtected }: Keeping) => ({
  Type: 'AWS::DynamoDB::Table',
  DeletionPolicy: deletionPolicy,
  UpdateReplacePolicy: deletionPolicy,
  Properties: {
    ...tableProperties(stage),
    TimeToLiveSpecification: { AttributeName: TABLE_TTL_ATTRIBUTE, Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    DeletionProtectionEnabled: isProtected,
    SSESpecification: { SSEEnabled: true },
  },
});

function including(name: string, hash: string, range: string, NonKeyAttributes: string[]) {
  return {
    IndexName: name,
    KeySchema: keys(hash, range),
    Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes },
  };
}

function keysOnly(name: string, hash: string, range: string) {
  return {
    IndexName: name,
    KeySchema: keys(hash, range),
    Projection: { ProjectionType: 'KEYS_ONLY' as const },
  };
}

function keys(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
}
