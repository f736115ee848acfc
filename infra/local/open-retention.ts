import { type KeptDays, STAGE_SETTING_DEFAULTS } from '../stage-settings.ts';
import { type BucketKind, KEPT_FOR } from '../storage.ts';
import type { AwsClients } from './aws-clients.ts';
import type { Engines } from './engines.ts';
import { expiredRecords, filesInUse } from './expired-records.ts';
import type { Resources } from './provision.ts';
import { createRetention, type Retention, type RetentionOptions, type Round } from './retention.ts';
import type { S3Engine } from './s3-engine.ts';

interface Options extends Pick<RetentionOptions, 'looks' | 'removals'> {
  readonly engines: Pick<Engines, 's3' | 'isTableOurs'>;
  readonly clients: Pick<AwsClients, 'dynamodb'>;
  readonly resources: Pick<Resources, 'table' | 'buckets'>;
  readonly clock: () => number;
  /** What is not named here has its default. */
  readonly keptDays?: Partial<KeptDays> | undefined;
}

const DAY_MS = 86_400_000;

/** For the engines that are ours. What lies elsewhere is removed by the rules that it has there, or by nobody. */
export function openRetention({ engines, clients, resources, clock, keptDays, ...sizes }: Options): Retention {
  const { s3, isTableOurs } = engines;
  const records = { client: clients.dynamodb, table: resources.table, clock };
  const days = { ...STAGE_SETTING_DEFAULTS, ...keptDays };
  const beforeOf = (name: keyof KeptDays) => clock() - days[name] * DAY_MS;
  const rounds: (() => Round)[] = [];
  if (isTableOurs) rounds.push(() => recordsRound(records));
  if (s3) rounds.push(() => filesRound(s3, resources.buckets, beforeOf));
  return createRetention({ rounds, filesInUse: () => filesInUse(records), ...sizes });
}

async function* recordsRound(options: Parameters<typeof expiredRecords>[0]): Round {
  const records = expiredRecords(options);
  for await (const key of records.past()) {
    yield key && { kind: 'records', remove: () => records.remove(key) };
  }
}

async function* filesRound(
  { kept, uploads }: S3Engine,
  buckets: Resources['buckets'],
  beforeOf: (name: keyof KeptDays) => number,
): Round {
  for await (const id of uploads.begunBefore(beforeOf('UNFINISHED_UPLOAD_DAYS'))) {
    yield { kind: 'unfinishedUploads', remove: () => uploads.remove(id).then(() => true) };
  }
  for (const [kind, name] of Object.entries(KEPT_FOR) as [BucketKind, keyof KeptDays][]) {
    for await (const key of kept.storedBefore(buckets[kind], beforeOf(name))) {
      yield key === undefined
        ? key
        : { kind, file: key, remove: () => kept.remove(buckets[kind], key, beforeOf(name)) };
    }
  }
}
