import { WORKER_ID_LENGTH } from '../app/register-worker.ts';
import type { WorkerCredential } from '../app/authenticate-worker.ts';
import type { BuildStore } from '../app/ports.ts';
import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Claim } from '../domain/transitions.ts';
import type { Headers } from './api.ts';
import { isSameSecret, secrets } from './secrets.ts';

/** For what only the project may do. */
export function requireApiKey(headers: Headers, apiKey: string): void {
  if (isApiKey(headers, apiKey)) return;
  if (headers['x-api-key']) throw new Rejection('invalid_credential', 'Invalid API key');
  throw new Rejection('missing_credential', 'Missing X-API-Key header');
}

/** For what a token may do too: which, and whether it is good, is decided where it is used. */
export function requireAnyCredential(headers: Headers, apiKey: string): void {
  if (headers['x-build-token'] || headers['x-worker-token']) return;
  requireApiKey(headers, apiKey);
}

/** The build, for the project or for who submitted it. A token says nothing about whether another build exists. */
export async function requireBuildAccess(
  builds: BuildStore,
  headers: Headers,
  apiKey: string,
  buildId: string,
): Promise<Build> {
  const token = headers['x-build-token'];
  if (isApiKey(headers, apiKey)) {
    const build = await builds.get(buildId);
    if (!build) throw new Rejection('build_not_found', 'Build not found');
    return build;
  }
  // Refuses, in the words for a missing or a wrong key.
  if (!token) requireApiKey(headers, apiKey);
  const build = await builds.get(buildId);
  const hash = secrets.hash(token ?? '');
  if (build?.tokenHashes.some((issued) => isSameSecret(hash, issued))) return build;
  throw new Rejection('invalid_credential', 'Invalid or expired build token');
}

/**
 * Who claims to hold a build: the id beside a good API key, or else the worker that a token carries. The token itself is
 * checked where the claim is used, in the condition of the write.
 */
export function requireClaim(headers: Headers, apiKey: string, named: ClaimFields): Claim {
  const attempt = named.attempt === undefined ? {} : { attempt: named.attempt };
  const workerId = named.worker_id ?? headers['x-worker-id'];
  const [byToken] = tokenCredentials(headers);
  if (isApiKey(headers, apiKey)) {
    if (workerId && WORKER_ID.test(workerId)) return { workerId, ...attempt };
    if (byToken) return { ...byToken, ...attempt };
    throw new Rejection('invalid_request', workerId ? 'worker_id is not an id' : 'worker_id required');
  }
  if (byToken) return { ...byToken, ...attempt };
  if (headers['x-worker-token']) throw new Rejection('worker_token_invalid', 'Invalid or expired worker token');
  requireApiKey(headers, apiKey);
  throw new Rejection('missing_credential', 'Missing X-Worker-Token header');
}

export interface ClaimFields {
  readonly worker_id?: string | undefined;
  readonly attempt?: number | undefined;
}

/** What a polling worker shows, best first: its token; its id beside a good API key. At least one, or a refusal. */
export function requireWorkerCredentials(headers: Headers, apiKey: string, workerId?: string): WorkerCredential[] {
  const byToken = tokenCredentials(headers);
  const isKey = isApiKey(headers, apiKey);
  const found = [...byToken, ...(isKey && workerId ? [{ workerId }] : [])];
  if (found.length > 0) return found;
  if (isKey) throw new Rejection('invalid_request', 'worker_id required');
  if (headers['x-worker-token']) throw new Rejection('worker_token_invalid', 'Invalid or expired worker token');
  requireApiKey(headers, apiKey);
  throw new Rejection('missing_credential', 'Missing X-Worker-Token header');
}

/** Only what speaks for the named worker: nobody acts on another by naming it. */
export function ofWorker(credentials: readonly WorkerCredential[], workerId: string | undefined): WorkerCredential[] {
  const own = credentials.filter((credential) => workerId === undefined || credential.workerId === workerId);
  if (own.length === 0) throw new Rejection('invalid_credential', 'The worker token belongs to another worker');
  return own;
}

/** A request's own name, the same each time it is sent. */
export function idempotencyKeyOf(headers: Headers): { idempotencyKey?: string } {
  const key = headers['idempotency-key'];
  if (key === undefined) return {};
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return { idempotencyKey: key };
  throw new Rejection('invalid_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
}

function isApiKey(headers: Headers, apiKey: string): boolean {
  const presented = headers['x-api-key'];
  return presented !== undefined && presented !== '' && isSameSecret(presented, apiKey);
}

/** From a header anything may come, and it becomes part of a key. */
const WORKER_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** A token begins with its worker's id. */
const WORKER_TOKEN = new RegExp(`^[A-Za-z0-9_-]{${WORKER_ID_LENGTH}}[A-Za-z0-9_-]{43}$`);

function tokenCredentials(headers: Headers): { workerId: string; tokenHash: string }[] {
  const token = headers['x-worker-token'] ?? '';
  if (!WORKER_TOKEN.test(token)) return [];
  return [{ workerId: token.slice(0, WORKER_ID_LENGTH), tokenHash: secrets.hash(token) }];
}
