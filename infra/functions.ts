import type { EnvName } from '../lib/runtime/env.ts';
import type { Permission } from './permissions.ts';

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
  /**
   * What its role lets it do, and nothing else. `test/infra/permissions.test.ts` says what is missing or spare; what no
   * function could do before is added to `permissions.ts`.
   */
  readonly may: readonly Permission[];
  /** Keeps some of the account's executions for it alone. */
  readonly isReserved?: true;
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
const CERTS = ['CERTS_BUCKET', 'CERTS_KEY'] as const satisfies readonly EnvName[];
const LEASES = ['FIRST_LEASE_SECONDS', 'LEASE_SECONDS', 'MAX_ATTEMPTS'] as const satisfies readonly EnvName[];

/** A change of a build and the event that tells of it; most are parts of one transaction. */
const CHANGES = ['table:PutItem', 'table:UpdateItem'] as const;
/** The figures: builds that live, by state, and those that have ended. */
const COUNTS = ['index.finished:Query', 'index.state:Query', 'table:GetItem'] as const;
/** Of an object that may be gone. */
const READS_SOURCES = ['sources.bucket:ListBucket', 'sources:GetObject'] as const;
const STORES_CERTS = ['certs:PutObject', 'certsKey:GetParameter'] as const;
const READS_CERTS = [
  'certs.bucket:ListBucket',
  'certs:GetObject',
  'certsKey:GetParameter',
  'table:GetItem',
  'table:PutItem',
] as const;
const READS_RESULTS = ['results.bucket:ListBucket', 'results:GetObject'] as const;

function api(
  file: string,
  routes: readonly string[],
  env: readonly EnvName[],
  may: readonly Permission[],
  timeoutSeconds = ANSWER_SECONDS,
) {
  return { file: `api/${file}`, trigger: { kind: 'http', routes }, timeoutSeconds, memoryMb: 256, env, may } as const;
}

/** For what must go on while everything else is flooded: a lease that is not renewed loses its build. */
function reserved(definition: FunctionDefinition): FunctionDefinition {
  return { ...definition, isReserved: true };
}

/** Every function that is deployed, on one page. */
export const FUNCTIONS: readonly FunctionDefinition[] = [
  api('health', ['GET /health', 'GET /api/health'], TABLE, ['index.state:Query']),
  api('stats', ['GET /api/stats', 'GET /public/stats', 'OPTIONS /api/stats', 'OPTIONS /public/stats'], TABLE, [
    ...COUNTS,
    'index.listed:Query',
    'table:BatchGetItem',
  ]),
  api('create-source-upload', ['POST /api/uploads'], [...TABLE, ...FILES], ['sources:PutObject', 'table:GetItem']),
  api(
    'continue-source-upload',
    ['GET /api/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_SOURCES, 'sources:ListMultipartUploadParts', 'sources:PutObject', 'table:GetItem'],
  ),
  api(
    'complete-source-upload',
    ['POST /api/uploads/{upload_id}/complete'],
    [...TABLE, ...FILES],
    [
      ...READS_SOURCES,
      'sources:AbortMultipartUpload',
      'sources:ListMultipartUploadParts',
      'sources:PutObject',
      'table:GetItem',
    ],
    JOIN_SECONDS,
  ),
  api(
    'abort-source-upload',
    ['DELETE /api/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_SOURCES, 'sources:AbortMultipartUpload', 'table:GetItem'],
  ),
  api(
    'submit-build',
    ['POST /api/builds/submit', 'POST /api/builds'],
    [...TABLE, ...QUEUES, ...FILES, ...CERTS],
    [...READS_SOURCES, ...STORES_CERTS, 'builds:SendMessage', 'sources:PutObject', 'table:GetItem', ...CHANGES],
  ),
  api('list-builds', ['GET /api/builds'], TABLE, [
    'index.listed:Query',
    'index.platform:Query',
    'index.state:Query',
    'index.worker:Query',
    'table:BatchGetItem',
    'table:GetItem',
  ]),
  api('list-active-builds', ['GET /api/builds/active'], TABLE, [
    'index.due:Query',
    'table:BatchGetItem',
    'table:GetItem',
  ]),
  api('count-builds', ['GET /api/builds/statistics'], TABLE, COUNTS),
  api('show-build', ['GET /api/builds/{id}'], [...TABLE, 'MAX_ATTEMPTS'], ['table:GetItem']),
  api('build-status', ['GET /api/builds/{id}/status'], [...TABLE, 'MAX_ATTEMPTS'], ['table:GetItem']),
  api('read-logs', ['GET /api/builds/{id}/logs'], TABLE, ['table:GetItem', 'table:Query'], LOGS_SECONDS),
  api(
    'append-logs',
    ['POST /api/builds/{id}/logs'],
    [...TABLE, 'LEASE_SECONDS'],
    ['table:GetItem', ...CHANGES],
    LOGS_SECONDS,
  ),
  api('download-result', ['GET /api/builds/{id}/download'], [...TABLE, ...FILES], [...READS_RESULTS, 'table:GetItem']),
  api(
    'download-source',
    ['GET /api/builds/{id}/source'],
    [...TABLE, ...FILES],
    [...READS_SOURCES, 'table:GetItem', ...CHANGES],
  ),
  api('download-certs', ['GET /api/builds/{id}/certs'], [...TABLE, ...CERTS, 'S3_ENDPOINT'], READS_CERTS),
  api('read-certs', ['GET /api/builds/{id}/certs-secure'], [...TABLE, ...CERTS, 'S3_ENDPOINT'], READS_CERTS),
  api('cancel-build', ['POST /api/builds/{id}/cancel'], TABLE, ['table:GetItem', ...CHANGES]),
  reserved(
    api(
      'heartbeat',
      ['POST /api/builds/{id}/heartbeat'],
      [...TABLE, 'LEASE_SECONDS'],
      ['table:GetItem', 'table:UpdateItem'],
    ),
  ),
  api(
    'create-result-upload',
    ['POST /api/builds/{id}/uploads'],
    [...TABLE, ...FILES],
    ['results:PutObject', 'table:GetItem'],
  ),
  api(
    'continue-result-upload',
    ['GET /api/builds/{id}/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_RESULTS, 'results:ListMultipartUploadParts', 'results:PutObject', 'table:GetItem'],
  ),
  api(
    'complete-result-upload',
    ['POST /api/builds/{id}/uploads/{upload_id}/complete'],
    [...TABLE, ...FILES],
    [
      ...READS_RESULTS,
      'results:AbortMultipartUpload',
      'results:ListMultipartUploadParts',
      'results:PutObject',
      'table:GetItem',
    ],
    JOIN_SECONDS,
  ),
  api(
    'abort-result-upload',
    ['DELETE /api/builds/{id}/uploads/{upload_id}'],
    [...TABLE, ...FILES],
    [...READS_RESULTS, 'results:AbortMultipartUpload', 'table:GetItem'],
  ),
  api(
    'retry-build',
    ['POST /api/builds/{id}/retry'],
    [...TABLE, ...QUEUES, ...FILES, ...CERTS],
    [...READS_SOURCES, ...STORES_CERTS, 'builds:SendMessage', 'table:GetItem', ...CHANGES],
    LOGS_SECONDS,
  ),
  api('build-events', ['GET /api/builds/{id}/events'], TABLE, ['table:GetItem', 'table:Query']),
  api('create-key', ['POST /api/keys'], TABLE, ['table:GetItem', 'table:PutItem']),
  api('list-keys', ['GET /api/keys'], TABLE, ['table:GetItem', 'table:Query']),
  api('revoke-key', ['POST /api/keys/{id}/revoke'], TABLE, ['table:GetItem', 'table:UpdateItem']),
  api(
    'register-worker',
    ['POST /api/workers/register'],
    [...TABLE, ...QUEUES, 'LEASE_SECONDS', 'MAX_ATTEMPTS'],
    ['builds:SendMessage', 'table:GetItem', ...CHANGES],
  ),
  api(
    'unregister-worker',
    ['POST /api/workers/unregister', 'POST /api/workers/{worker_id}/unregister'],
    [...TABLE, ...QUEUES, 'MAX_ATTEMPTS'],
    ['builds:SendMessage', 'table:DeleteItem', 'table:GetItem', ...CHANGES],
  ),
  api('list-workers', ['GET /api/workers'], TABLE, ['index.listed:Query', 'table:BatchGetItem', 'table:GetItem']),
  api('worker-stats', ['GET /api/workers/{worker_id}/stats'], TABLE, ['table:GetItem']),
  api('store-diagnostics', ['POST /api/diagnostics/report'], TABLE, ['table:GetItem', 'table:PutItem']),
  api('list-diagnostics', ['GET /api/diagnostics/{worker_id}'], TABLE, ['table:GetItem', 'table:Query']),
  api('latest-diagnostics', ['GET /api/diagnostics/{worker_id}/latest'], TABLE, ['table:GetItem', 'table:Query']),
  api('drain-worker', ['POST /api/workers/{worker_id}/drain'], TABLE, ['table:GetItem', 'table:UpdateItem']),
  api(
    'abandon-build',
    ['POST /api/workers/abandon'],
    [...TABLE, ...QUEUES, 'MAX_ATTEMPTS'],
    ['builds:SendMessage', 'table:GetItem', ...CHANGES],
  ),
  api(
    'poll',
    ['GET /api/workers/poll'],
    [...TABLE, ...QUEUES, ...LEASES],
    ['builds:ChangeMessageVisibility', 'builds:DeleteMessage', 'builds:ReceiveMessage', 'table:GetItem', ...CHANGES],
  ),
  api(
    'finish-build',
    ['POST /api/workers/upload', 'POST /api/workers/result'],
    [...TABLE, ...FILES],
    [...READS_RESULTS, 'results:PutObject', 'table:GetItem', ...CHANGES],
  ),
  api('fail-build', ['POST /api/workers/fail'], TABLE, ['table:GetItem', ...CHANGES]),
  api('not-found', ['$default'], [], []),
  {
    file: 'queue/dead-letter',
    trigger: { kind: 'queue', queue: 'deadLetters', batchSize: 10 },
    timeoutSeconds: ANSWER_SECONDS,
    memoryMb: 256,
    env: TABLE,
    may: ['deadLetters:DeleteMessage', 'deadLetters:GetQueueAttributes', 'deadLetters:ReceiveMessage', ...CHANGES],
  },
  {
    file: 'schedule/sweep',
    trigger: { kind: 'schedule', everySeconds: 60 },
    timeoutSeconds: 50,
    memoryMb: 256,
    env: [...TABLE, ...QUEUES, 'MAX_ATTEMPTS', 'MAX_QUEUE_SECONDS', 'MAX_BUILD_SECONDS'],
    may: [
      'builds:SendMessage',
      'index.due:Query',
      'index.finished:Query',
      'table:BatchGetItem',
      'table:GetItem',
      ...CHANGES,
    ],
  },
  {
    file: 'schedule/sweep-certs',
    trigger: { kind: 'schedule', everySeconds: 60 },
    timeoutSeconds: 50,
    memoryMb: 256,
    env: [...TABLE, 'CERTS_BUCKET', 'S3_ENDPOINT'],
    may: ['certs:DeleteObject', 'index.due:Query', 'table:DeleteItem', 'table:GetItem', 'table:UpdateItem'],
  },
];
