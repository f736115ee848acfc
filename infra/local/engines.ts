import { join } from 'node:path';
import type { Endpoints } from './aws-clients.ts';
import type { Closers } from './closers.ts';
import { type Credentials, environmentCredentials, loadCredentials } from './credentials.ts';
import { startDynamoDb } from './dynamodb-engine.ts';
import { type S3Engine, startS3 } from './s3-engine.ts';
import { startSqs } from './sqs-engine.ts';

export type EngineName = keyof Endpoints;

export interface Engines {
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  readonly region: string;
  /** Ours, if S3 is not elsewhere. */
  readonly s3: S3Engine | undefined;
  /** Whether DynamoDB is ours. */
  readonly isTableOurs: boolean;
  /** Resolves if an engine ends by itself. */
  readonly died: Promise<Error>;
}

/** The region of the embedded engines, whatever the machine's is: fauxqs keeps queues by region. */
const LOCAL_REGION = 'us-east-1';

/** Starts the engines that `elsewhere` does not name. */
export async function startEngines(
  dataDir: string,
  elsewhere: Partial<Endpoints>,
  closers: Closers,
  env = process.env,
): Promise<Engines> {
  const isAnyElsewhere = Object.values(elsewhere).some((endpoint) => endpoint !== undefined);
  const credentials = (isAnyElsewhere && environmentCredentials(env)) || loadCredentials(dataDir);
  const ownDynamoDb =
    elsewhere.dynamodb === undefined ? await startDynamoDb(join(dataDir, 'dynamodb.sqlite')) : undefined;
  if (ownDynamoDb) closers.add(() => ownDynamoDb.stop());
  const dynamodb = elsewhere.dynamodb ?? ownDynamoDb?.address ?? '';
  const sqs = elsewhere.sqs ?? (await startOwnSqs(dataDir, credentials, closers));
  const s3 = elsewhere.s3 === undefined ? await startS3(join(dataDir, 's3'), credentials) : undefined;
  if (s3) closers.add(() => s3.stop());
  return {
    endpoints: { dynamodb, sqs, s3: elsewhere.s3 ?? s3?.address ?? '' },
    credentials,
    region: (isAnyElsewhere && (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'])) || LOCAL_REGION,
    s3,
    isTableOurs: ownDynamoDb !== undefined,
    died: ownDynamoDb?.died ?? new Promise(() => {}),
  };
}

async function startOwnSqs(dataDir: string, credentials: Credentials, closers: Closers): Promise<string> {
  const engine = await startSqs(join(dataDir, 'sqs'), credentials);
  closers.add(() => engine.stop());
  return engine.address;
}
