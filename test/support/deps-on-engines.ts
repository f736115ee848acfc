import type { AwsClients } from '../../infra/local/aws-clients.ts';
import type { Resources } from '../../infra/local/provision.ts';
import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';
import { workerStore } from '../../lib/adapters/dynamo/worker-store.ts';
import { buildQueue } from '../../lib/adapters/sqs/build-queue.ts';
import { pauseLookout, waiting } from '../../lib/runtime/container.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { RECORD_DAYS } from './settings.ts';

/** What the use cases of registering and polling take, on the real engines and without HTTP. Nobody is told what they report. */
export function depsOnEngines(
  { dynamodb, sqs }: Pick<AwsClients, 'dynamodb' | 'sqs'>,
  { table: name, queueUrls }: Pick<Resources, 'table' | 'queueUrls'>,
  maxAttempts: number,
) {
  const table = { client: dynamodb, name, pause: async () => {}, chance: Math.random, recordDays: RECORD_DAYS };
  return {
    builds: buildStore(table, secrets.id),
    workers: workerStore(table),
    queue: buildQueue(sqs, queueUrls),
    waiting: waiting(table),
    lookout: pauseLookout(table),
    secrets,
    clock: () => Date.now(),
    chance: Math.random,
    report: () => {},
    maxAttempts,
  };
}
