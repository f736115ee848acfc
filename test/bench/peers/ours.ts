import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { buildStore } from '../../../lib/adapters/dynamo/build-store.ts';
import { workerStore } from '../../../lib/adapters/dynamo/worker-store.ts';
import { fileStore } from '../../../lib/adapters/s3/file-store.ts';
import { buildQueue } from '../../../lib/adapters/sqs/build-queue.ts';
import { assignBuild } from '../../../lib/app/assign-build.ts';
import { resultKey } from '../../../lib/app/file-keys.ts';
import { completeWithUpload } from '../../../lib/app/finish-build.ts';
import { registerWorker } from '../../../lib/app/register-worker.ts';
import type { Build } from '../../../lib/domain/build.ts';
import { pauseLookout, waiting } from '../../../lib/runtime/container.ts';
import { secrets } from '../../../lib/runtime/secrets.ts';
import { LINK_SECONDS, OTP_MS, QUARANTINE, RECORD_DAYS } from '../../support/settings.ts';
import type { EnginesApart } from '../engines/engines-apart.ts';
import { cpuDuring } from '../report/process-cpu.ts';
import { atOnce, type Peer } from './peer.ts';

/** Wide enough that filling is quick, and no wider than the engine takes well. */
const FILLERS = 16;
const RESULT = Buffer.from('result');
const RESULT_SHA256 = createHash('sha256').update(RESULT).digest('hex');
/** Of an upload whose id is known beforehand, as its attempt is. */
const UPLOAD_ID = `1-${'u'.repeat(21)}`;
const LEASES = { firstLeaseMs: 1_800_000, leaseMs: 85_000, maxAttempts: 3, otpMs: OTP_MS, quarantine: QUARANTINE };

/** The use cases of a poll and of a completion on the embedded engines: what the functions do, without HTTP. */
export function ours(engines: EnginesApart): Peer {
  const deps = depsOf(engines);
  const { builds, workers, queue, files } = deps;
  const submit = async () => {
    const build = newBuild(secrets.id());
    await builds.create(build);
    const { id: buildId, attempt, platform, submittedAt } = build;
    await queue.send({ buildId, attempt, platform, submittedAt, sourceSize: 1, sourceSha256: RESULT_SHA256 });
    await files.put('results', resultKey(buildId, 1, UPLOAD_ID), RESULT, RESULT_SHA256);
  };
  const claimAndFinish = async (workerId: string): Promise<boolean> => {
    const worker = await workers.get(workerId);
    if (!worker) throw new Error('the worker is not there');
    const { assignment } = await assignBuild(deps, worker, worker.token.hash, LEASES);
    if (!assignment) return false;
    const claim = { workerId, tokenHash: worker.token.hash, attempt: assignment.attempt };
    await completeWithUpload(deps, assignment.buildId, claim, UPLOAD_ID);
    return true;
  };
  return {
    name: 'Buildlatch',
    enginePid: engines.pid,
    fill: async (jobs) => {
      let left = jobs;
      await atOnce(FILLERS, async () => {
        while (left-- > 0) await submit();
      });
    },
    drain: async (jobs, claimers) => {
      const registered = await atOnce(claimers, (index) =>
        registerWorker(deps, { name: `worker ${index}`, platforms: ['ios'] }),
      );
      let finished = 0;
      const drained = await cpuDuring(engines.pid, () =>
        atOnce(claimers, async (index) => {
          const workerId = registered[index]?.worker.id ?? '';
          // A queue may say for a moment that it is empty when it is not.
          while (finished < jobs) if (await claimAndFinish(workerId)) finished += 1;
        }),
      );
      if (finished !== jobs) throw new Error(`Buildlatch finished ${finished} of ${jobs}`);
      return drained;
    },
    close: async () => deps.close(),
  };
}

function depsOf({ endpoints, region, credentials, resources }: EnginesApart) {
  const common = { region, credentials };
  const dynamo = new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb });
  const sqs = new SQSClient({ ...common, endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client({ ...common, endpoint: endpoints.s3, forcePathStyle: true });
  const pause = async () => {};
  const table = { client: dynamo, name: resources.table, pause, chance: Math.random, recordDays: RECORD_DAYS };
  return {
    builds: buildStore(table, secrets.id),
    workers: workerStore(table),
    queue: buildQueue(sqs, resources.queueUrls),
    files: fileStore(s3, { client: s3, linkSeconds: LINK_SECONDS }, resources.buckets),
    waiting: waiting(table),
    lookout: pauseLookout(table),
    secrets,
    clock: () => Date.now(),
    chance: Math.random,
    report: () => {},
    maxAttempts: LEASES.maxAttempts,
    close: () => {
      for (const client of [dynamo, sqs, s3]) client.destroy();
    },
  };
}

function newBuild(id: string): Build {
  const now = Date.now();
  return {
    id,
    platform: 'ios',
    state: 'pending',
    attempt: 0,
    submittedAt: now,
    queuedAt: now,
    spentAttempts: 0,
    sends: 1,
    tokenHashes: [RESULT_SHA256],
    source: { key: `sources/${id}`, size: 1, sha256: RESULT_SHA256 },
  };
}
