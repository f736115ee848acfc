import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { buildIndex } from '../adapters/dynamo/build-index.ts';
import { buildStore } from '../adapters/dynamo/build-store.ts';
import { certMarks } from '../adapters/dynamo/cert-marks.ts';
import { diagnosticsStore } from '../adapters/dynamo/diagnostics-store.ts';
import { keyStore } from '../adapters/dynamo/key-store.ts';
import { logStore } from '../adapters/dynamo/log-store.ts';
import { metricsStore } from '../adapters/dynamo/metrics-store.ts';
import { pauseStore } from '../adapters/dynamo/pause-store.ts';
import type { Table } from '../adapters/dynamo/table.ts';
import { totalsStore } from '../adapters/dynamo/totals-store.ts';
import { waitingBuilds } from '../adapters/dynamo/waiting-builds.ts';
import { workerStore } from '../adapters/dynamo/worker-store.ts';
import { certObjects, certStore } from '../adapters/s3/cert-store.ts';
import { fileStore } from '../adapters/s3/file-store.ts';
import { partStore } from '../adapters/s3/part-store.ts';
import { buildQueue } from '../adapters/sqs/build-queue.ts';
import { deadLetterQueue } from '../adapters/sqs/dead-letters.ts';

export { parseHint } from '../adapters/sqs/hint.ts';

import type { LeaseSettings } from '../app/grant-build.ts';
import type { PauseLookout, WaitingBuilds } from '../app/ports.ts';
import type { Quarantine } from '../domain/worker.ts';
import type { BuildGate, Gate } from './admission.ts';
import { SOCKETS, withTurns } from './client-calls.ts';
import type { Env, FILES, LEASES, LOG_SIZES, QUARANTINE, SUBMITS } from './env.ts';
import { keyRing } from './key-ring.ts';
import { log } from './log.ts';
import { rememberedNothing } from './remembered.ts';
import { rememberedPauses } from './remembered-pauses.ts';
import { secretBox } from './secret-box.ts';
import { deriveWith, secrets, sha256 } from './secrets.ts';

/**
 * The AWS clients of one execution environment, and what is made of them. Each factory is called once, while a bundle
 * loads; importing this module opens nothing.
 */

/**
 * The timeouts throw (the SDK's plain `requestTimeout` only logs). 3 × 1.2 s and the pauses between fit into the 4.5 s
 * within which a function answers.
 */
const DATABASE_CALLS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1_200, throwOnRequestTimeout: true, ...SOCKETS },
} as const;

/** An object of some megabytes takes longer than a record, so it gets fewer and longer tries. */
const OBJECT_CALLS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 3_000, throwOnRequestTimeout: true, ...SOCKETS },
} as const;

const OBJECT_DEFAULTS = { ...OBJECT_CALLS, requestChecksumCalculation: 'WHEN_REQUIRED' } as const;

export const clock = () => Date.now();
export const chance = () => Math.random();
export const report = log;
const onConflict = () => log({ event: 'write_conflicted' });

export { deriveWith, secrets };

type TableEnv = Env<'TABLE_NAME' | 'DYNAMODB_ENDPOINT'> & { readonly RECORD_DAYS?: number };

export function openTable(env: TableEnv): Table {
  const client = withTurns(new DynamoDBClient({ ...DATABASE_CALLS, ...at(env.DYNAMODB_ENDPOINT) }));
  return { client, name: env.TABLE_NAME, pause: (ms) => wait(ms), chance, onConflict, recordDays: env.RECORD_DAYS };
}

export const marks = certMarks;
export const builds = (table: Table) => buildStore(table, secrets.id);
export const workers = workerStore;

/**
 * A build with priority that comes while its platform is known to have none waits at most so much longer: it has a message
 * as well, so only the order is at stake. Without this memory each assignment would cost a read more.
 */
const NOTHING_URGENT_MS = 5_000;
export function waiting(table: Table): WaitingBuilds {
  const all = waitingBuilds(table);
  return { ...all, urgent: rememberedNothing(all.urgent, NOTHING_URGENT_MS, clock) };
}

export const pauses = pauseStore;
export function pauseLookout(table: Table): PauseLookout {
  const store = pauseStore(table);
  return rememberedPauses(async (platform) => (await store.get(platform)).pause !== undefined, clock);
}

export const logs = (env: Env<(typeof LOG_SIZES)[number]>, table: Table) =>
  logStore(table, { headBytes: env.LOG_HEAD_BYTES, tailBytes: env.LOG_TAIL_BYTES });
export const metrics = metricsStore;
export const keys = keyStore;
export const index = buildIndex;
export const diagnostics = diagnosticsStore;
export const totals = totalsStore;

const DAY_MS = 86_400_000;

/** What lets callers in; see `access.ts`. */
export function gate(env: Env<'BUILD_TOKEN_DAYS'>, table: Table): BuildGate;
export function gate(env: Env<never>, table: Table): Gate;
export function gate(env: Env<never> & { readonly BUILD_TOKEN_DAYS?: number }, table: Table): Gate {
  return {
    keyOf: keyRing(env.CONTROLLER_API_KEY, keys(table), clock),
    builds: builds(table),
    workers: workers(table),
    clock,
    ...(env.BUILD_TOKEN_DAYS !== undefined && { buildTokenMs: env.BUILD_TOKEN_DAYS * DAY_MS }),
  };
}

export function queues(env: Env<'QUEUE_URL_IOS' | 'QUEUE_URL_ANDROID' | 'SQS_ENDPOINT'>) {
  return buildQueue(queueClient(env), { ios: env.QUEUE_URL_IOS, android: env.QUEUE_URL_ANDROID });
}

export const deadLetters = (env: Env<'DEAD_LETTERS_QUEUE_URL' | 'SQS_ENDPOINT'>) =>
  deadLetterQueue(queueClient(env), env.DEAD_LETTERS_QUEUE_URL);

function queueClient(env: Env<'SQS_ENDPOINT'>): SQSClient {
  // Else the client would call the host named in the queue's address, which need not be where the endpoint is.
  const client = new SQSClient({ ...DATABASE_CALLS, ...at(env.SQS_ENDPOINT), useQueueUrlAsEndpoint: false });
  return withTurns(client);
}

type FilesEnv = Env<(typeof FILES)[number]>;

export const files = (env: FilesEnv) => fileStore(...s3(env));
export const parts = (env: FilesEnv) => partStore(...s3(env), sha256);

function s3(env: FilesEnv) {
  const publicEndpoint = env.S3_PUBLIC_ENDPOINT ?? env.S3_ENDPOINT;
  const forcePathStyle = publicEndpoint !== undefined;
  const outside = new S3Client({ ...OBJECT_DEFAULTS, ...at(publicEndpoint), forcePathStyle });
  const buckets = { sources: env.SOURCES_BUCKET, results: env.RESULTS_BUCKET };
  return [objectClient(env), { client: outside, linkSeconds: env.LINK_SECONDS }, buckets] as const;
}

type CertsEnv = Env<'CERTS_BUCKET' | 'CERTS_KEY' | 'S3_ENDPOINT'>;

export const certs = (env: CertsEnv) => certStore(objectClient(env), env.CERTS_BUCKET, secretBox(env.CERTS_KEY));
/** What a submit and a retry work with besides builds, queue and files. */
export const submitting = (env: CertsEnv & Env<(typeof SUBMITS)[number]>, table: Table) => ({
  certs: certs(env),
  marks: certMarks(table),
  certLimits: {
    sentBytes: env.MAX_CERTS_BYTES,
    unpackedBytes: env.MAX_CERTS_UNPACKED_BYTES,
    entries: env.MAX_CERTS_ENTRIES,
  },
  sameRequestMs: env.SAME_REQUEST_SECONDS * 1000,
});
export const certObjectsOf = (env: Env<'CERTS_BUCKET' | 'S3_ENDPOINT'>) =>
  certObjects(objectClient(env), env.CERTS_BUCKET);

function objectClient(env: Env<'S3_ENDPOINT'>): S3Client {
  const forcePathStyle = env.S3_ENDPOINT !== undefined;
  return withTurns(new S3Client({ ...OBJECT_DEFAULTS, ...at(env.S3_ENDPOINT), forcePathStyle }));
}

export function leases(env: Env<(typeof LEASES)[number] | (typeof QUARANTINE)[number]>): LeaseSettings {
  return {
    firstLeaseMs: env.FIRST_LEASE_SECONDS * 1000,
    leaseMs: env.LEASE_SECONDS * 1000,
    maxAttempts: env.MAX_ATTEMPTS,
    otpMs: env.OTP_SECONDS * 1000,
    quarantine: quarantineOf(env),
  };
}

export const aging = (env: Env<'PRIORITY_AGING_SECONDS'>) => ({ priorityAgingMs: env.PRIORITY_AGING_SECONDS * 1000 });
export const quarantineOf = (env: Env<(typeof QUARANTINE)[number]>): Quarantine => ({
  builds: env.QUARANTINE_BUILDS,
  ms: env.QUARANTINE_SECONDS * 1000,
  instantMs: env.QUARANTINE_INSTANT_SECONDS * 1000,
});

function at(endpoint: string | undefined) {
  return endpoint === undefined ? {} : { endpoint };
}
