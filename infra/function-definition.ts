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
export const ANSWER_SECONDS = 5;
export const LOGS_SECONDS = 10;
/** S3 may take that long to join parts; an HTTP API waits 30 s. */
export const JOIN_SECONDS = 29;

export const TABLE = ['TABLE_NAME', 'DYNAMODB_ENDPOINT'] as const satisfies readonly EnvName[];
/** Of a function that writes: what it writes leaves when that time has passed. */
export const RECORDS = [...TABLE, 'RECORD_DAYS'] as const satisfies readonly EnvName[];
export const QUEUES = ['QUEUE_URL_IOS', 'QUEUE_URL_ANDROID', 'SQS_ENDPOINT'] as const satisfies readonly EnvName[];
export const FILES = [
  'SOURCES_BUCKET',
  'RESULTS_BUCKET',
  'S3_ENDPOINT',
  'S3_PUBLIC_ENDPOINT',
  'LINK_SECONDS',
] as const satisfies readonly EnvName[];
export const CERTS = ['CERTS_BUCKET', 'CERTS_KEY'] as const satisfies readonly EnvName[];
export const QUARANTINE = [
  'QUARANTINE_BUILDS',
  'QUARANTINE_SECONDS',
  'QUARANTINE_INSTANT_SECONDS',
] as const satisfies readonly EnvName[];
export const LOG_SIZES = ['LOG_HEAD_BYTES', 'LOG_TAIL_BYTES'] as const satisfies readonly EnvName[];
const CERT_LIMITS = [
  'MAX_CERTS_BYTES',
  'MAX_CERTS_UNPACKED_BYTES',
  'MAX_CERTS_ENTRIES',
] as const satisfies readonly EnvName[];
export const SUBMITS = [...CERTS, ...CERT_LIMITS, 'SAME_REQUEST_SECONDS'] as const satisfies readonly EnvName[];
export const LEASES = [
  'FIRST_LEASE_SECONDS',
  'LEASE_SECONDS',
  'MAX_ATTEMPTS',
  'OTP_SECONDS',
] as const satisfies readonly EnvName[];

/** A change of a build and the event that tells of it; most are parts of one transaction. */
export const CHANGES = ['table:PutItem', 'table:UpdateItem'] as const;
/** The figures: builds that live, by state, and those that have ended. */
export const COUNTS = ['index.finished:Query', 'index.state:Query', 'table:GetItem'] as const;
/** Of an object that may be gone. */
export const READS_SOURCES = ['sources.bucket:ListBucket', 'sources:GetObject'] as const;
export const STORES_CERTS = ['certs:PutObject', 'certsKey:GetParameter'] as const;
export const READS_CERTS = [
  'certs.bucket:ListBucket',
  'certs:GetObject',
  'certsKey:GetParameter',
  'table:GetItem',
  'table:PutItem',
] as const;
export const READS_RESULTS = ['results.bucket:ListBucket', 'results:GetObject'] as const;

export function api(
  file: string,
  routes: readonly string[],
  env: readonly EnvName[],
  may: readonly Permission[],
  timeoutSeconds = ANSWER_SECONDS,
) {
  return { file: `api/${file}`, trigger: { kind: 'http', routes }, timeoutSeconds, memoryMb: 256, env, may } as const;
}

/** For what must go on while everything else is flooded: a lease that is not renewed loses its build. */
export function reserved(definition: FunctionDefinition): FunctionDefinition {
  return { ...definition, isReserved: true };
}
