import type { WorkerCredential } from '../app/authenticate-worker.ts';
import { WORKER_ID_LENGTH } from '../app/register-worker.ts';
import { Rejection } from '../domain/rejection.ts';
import type { BeatClaim, Claim, VmClaim } from '../domain/transitions.ts';
import type { HolderToken } from './access.ts';
import type { Headers } from './api.ts';
import { secrets } from './secrets.ts';

/** What is in the headers, read one by one: a bad one never spoils a good one beside it. */

export const BUILD_TOKEN_HEADER = 'x-build-token';

export const HOLDER_HEADERS: Record<HolderToken, string> = {
  worker: 'x-worker-token',
  vm: 'x-vm-token',
  // The old workers send what `vm-status` gave them under this name.
  beat: 'x-vm-token',
};

export function presentedKey(headers: Headers): string | undefined {
  return headers['x-api-key'] || undefined;
}

type TokenClaim = Claim & { readonly tokenHash: string };

export interface ClaimBy {
  readonly worker: Claim;
  readonly vm: VmClaim;
  readonly beat: BeatClaim;
}

/** Whose token it says it is. Whether it is good is decided where the claim is used. */
export const HOLDER_CLAIMS: { readonly [T in HolderToken]: (headers: Headers) => ClaimBy[T] | undefined } = {
  worker: workerClaim,
  vm: (headers) => {
    const token = headers[HOLDER_HEADERS.vm] ?? '';
    return VM_TOKEN.test(token) ? { vmTokenHash: secrets.hash(token) } : undefined;
  },
  beat: (headers) => {
    const token = headers[HOLDER_HEADERS.beat] ?? '';
    return BEAT_TOKEN.test(token) ? { beatTokenHash: secrets.hash(token) } : undefined;
  },
};

/** One header, two tokens: their lengths tell which one it may be. */
const VM_TOKEN = /^[A-Za-z0-9_-]{43}$/;
const BEAT_TOKEN = /^[A-Za-z0-9_-]{21}$/;

/** A token begins with its worker's id. */
const WORKER_TOKEN = new RegExp(`^[A-Za-z0-9_-]{${WORKER_ID_LENGTH}}[A-Za-z0-9_-]{43}$`);

export function workerClaim(headers: Headers): (TokenClaim & WorkerCredential) | undefined {
  const token = headers[HOLDER_HEADERS.worker] ?? '';
  if (!WORKER_TOKEN.test(token)) return undefined;
  return { workerId: token.slice(0, WORKER_ID_LENGTH), tokenHash: secrets.hash(token) };
}

/** A request's own name, the same each time it is sent. */
export function idempotencyKeyOf(headers: Headers): { idempotencyKey?: string } {
  const key = headers['idempotency-key'];
  if (key === undefined) return {};
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return { idempotencyKey: key };
  throw new Rejection('invalid_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
}
