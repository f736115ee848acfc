import type { EnvName } from '../lib/runtime/env.ts';

/** What starts a function. `$default` takes every request that no other route matches. */
type Trigger =
  | { readonly kind: 'http'; readonly routes: readonly string[] }
  | { readonly kind: 'queue'; readonly queue: 'deadLetters'; readonly batchSize: number }
  | { readonly kind: 'schedule'; readonly everySeconds: number };

export interface FunctionDefinition {
  /** Path of the handler file under `functions/`, without `.ts`; the deployed name is its last part. */
  readonly file: string;
  readonly trigger: Trigger;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly env: readonly EnvName[];
}

/** 5 s is what the old controller gave a transaction; bulk logs had 10 s. A handler answers half a second before. */
const ANSWER_SECONDS = 5;
const LOGS_SECONDS = 10;
/** S3 may take that long to join parts; an HTTP API waits 30 s. */
const JOIN_SECONDS = 29;

const TABLE = ['TABLE_NAME', 'DYNAMODB_ENDPOINT'] as const satisfies readonly EnvName[];
const QUEUES = ['QUEUE_URL_IOS', 'QUEUE_URL_ANDROID', 'SQS_ENDPOINT'] as const satisfies readonly EnvName[];
const FILES = [
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
] as const satisfies readonly EnvName[];
const LEASES = ['FIRST_LEASE_SECONDS', 'LEASE_SECONDS', 'MAX_ATTEMPTS'] as const satisfies readonly EnvName[];

function api(file: string, routes: readonly string[], env: readonly EnvName[], timeoutSeconds = ANSWER_SECONDS) {
  return { file: `api/${file}`, trigger: { kind: 'http', routes }, timeoutSeconds, memoryMb: 256, env } as const;
}

/** Every function that is deployed, on one page. */
export const FUNCTIONS: readonly FunctionDefinition[] = [
  api('health', ['GET /health', 'GET /api/health'], TABLE),
  api('stats', ['GET /api/stats', 'GET /public/stats'], TABLE),
  api('create-source-upload', ['POST /api/uploads'], [...TABLE, ...FILES]),
  api('continue-source-upload', ['GET /api/uploads/{upload_id}'], [...TABLE, ...FILES]),
  api('complete-source-upload', ['POST /api/uploads/{upload_id}/complete'], [...TABLE, ...FILES], JOIN_SECONDS),
  api('abort-source-upload', ['DELETE /api/uploads/{upload_id}'], [...TABLE, ...FILES]),
  api('submit-build', ['POST /api/builds/submit', 'POST /api/builds'], [...TABLE, ...QUEUES, ...FILES]),
  api('list-builds', ['GET /api/builds'], TABLE),
  api('build-status', ['GET /api/builds/{id}/status'], [...TABLE, 'MAX_ATTEMPTS']),
  api('read-logs', ['GET /api/builds/{id}/logs'], TABLE, LOGS_SECONDS),
  api('append-logs', ['POST /api/builds/{id}/logs'], [...TABLE, 'LEASE_SECONDS'], LOGS_SECONDS),
  api('download-result', ['GET /api/builds/{id}/download'], [...TABLE, ...FILES]),
  api('download-source', ['GET /api/builds/{id}/source'], [...TABLE, ...FILES]),
  api('cancel-build', ['POST /api/builds/{id}/cancel'], TABLE),
  api('heartbeat', ['POST /api/builds/{id}/heartbeat'], [...TABLE, 'LEASE_SECONDS']),
  api('create-result-upload', ['POST /api/builds/{id}/uploads'], [...TABLE, ...FILES]),
  api('continue-result-upload', ['GET /api/builds/{id}/uploads/{upload_id}'], [...TABLE, ...FILES]),
  api(
    'complete-result-upload',
    ['POST /api/builds/{id}/uploads/{upload_id}/complete'],
    [...TABLE, ...FILES],
    JOIN_SECONDS,
  ),
  api('abort-result-upload', ['DELETE /api/builds/{id}/uploads/{upload_id}'], [...TABLE, ...FILES]),
  api('retry-build', ['POST /api/builds/{id}/retry'], [...TABLE, ...QUEUES, ...FILES], LOGS_SECONDS),
  api('build-events', ['GET /api/builds/{id}/events'], TABLE),
  api('create-key', ['POST /api/keys'], TABLE),
  api('list-keys', ['GET /api/keys'], TABLE),
  api('revoke-key', ['POST /api/keys/{id}/revoke'], TABLE),
  api('register-worker', ['POST /api/workers/register'], [...TABLE, ...QUEUES, 'LEASE_SECONDS', 'MAX_ATTEMPTS']),
  api(
    'unregister-worker',
    ['POST /api/workers/unregister', 'POST /api/workers/{worker_id}/unregister'],
    [...TABLE, ...QUEUES, 'MAX_ATTEMPTS'],
  ),
  api('drain-worker', ['POST /api/workers/{worker_id}/drain'], TABLE),
  api('abandon-build', ['POST /api/workers/abandon'], [...TABLE, ...QUEUES, 'MAX_ATTEMPTS']),
  api('poll', ['GET /api/workers/poll'], [...TABLE, ...QUEUES, ...LEASES]),
  api('finish-build', ['POST /api/workers/upload', 'POST /api/workers/result'], [...TABLE, ...FILES]),
  api('fail-build', ['POST /api/workers/fail'], TABLE),
  api('not-found', ['$default'], []),
  {
    file: 'queue/dead-letter',
    trigger: { kind: 'queue', queue: 'deadLetters', batchSize: 10 },
    timeoutSeconds: ANSWER_SECONDS,
    memoryMb: 256,
    env: TABLE,
  },
  {
    file: 'schedule/sweep',
    trigger: { kind: 'schedule', everySeconds: 60 },
    timeoutSeconds: 50,
    memoryMb: 256,
    env: [...TABLE, ...QUEUES, 'MAX_ATTEMPTS', 'MAX_QUEUE_SECONDS', 'MAX_BUILD_SECONDS'],
  },
];
