import { authenticateWorker, type WorkerCredential } from '../app/authenticate-worker.ts';
import type { BuildStore, Clock, WorkerStore } from '../app/ports.ts';
import { hasScope, type KeyHolder, maySee } from '../domain/api-key.ts';
import { areTokensGood, type Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { NamedClaim } from '../domain/telemetry.ts';
import type { LifeClaim } from '../domain/transitions.ts';
import type { Worker } from '../domain/worker.ts';
import type { ACCESS, Endpoint, Rule, Subject, SubjectOf, TokensOf } from './access.ts';
import type { Headers } from './api.ts';
import {
  BUILD_TOKEN_HEADER,
  type ClaimBy,
  HOLDER_CLAIMS,
  HOLDER_HEADERS,
  presentedKey,
  workerClaim,
} from './credentials.ts';
import type { KeyRing } from './key-ring.ts';
import { isSameSecret, secrets } from './secrets.ts';

/** What letting in needs. */
export interface Gate {
  readonly keyOf: KeyRing;
  readonly builds: BuildStore;
  readonly workers: WorkerStore;
  readonly clock: Clock;
  /** How long a build's tokens are good after its end. Needed where they let in; see `BuildGate`. */
  readonly buildTokenMs?: number;
}

/** What letting in for a build needs. */
export type BuildGate = Gate & { readonly buildTokenMs: number };

/** What a handler is given, by what the table says its endpoint is for. `by`: who acts, for the log; never a secret. */
interface Admitted {
  readonly anyone: { readonly by?: never };
  readonly project: { readonly by: string; readonly key: KeyHolder };
  /** `key`: absent where it was a token. */
  readonly build: { readonly by: string; readonly build: Build; readonly key?: KeyHolder };
  readonly holder: { readonly by: string; readonly claim: LifeClaim | NamedClaim };
  readonly worker: Actor & { readonly by: string };
}

interface Actor {
  readonly worker: Worker;
  /** Of the token that the worker proved itself with, or of its present one where it came with a key. */
  readonly tokenHash: string;
  /** The token itself, where it came with one. */
  readonly token: string | undefined;
}

/** A claim only by what the line lets in: a handler that may not be called with a token cannot take its claim. */
export type AdmittedTo<E extends Endpoint> =
  SubjectOf<E> extends 'holder'
    ? Admitted['holder'] & { readonly claim: ClaimBy[TokensOf<E>] | (E extends OpenToIds ? NamedClaim : never) }
    : Admitted[SubjectOf<E>];

/** The endpoints whose line says `orIds`. */
type OpenToIds = { [E in Endpoint]: (typeof ACCESS)[E] extends { readonly orIds: true } ? E : never }[Endpoint];

type Identified = Admitted[Subject];

/** What the input must have for it. */
export interface Naming {
  readonly anyone: object;
  readonly project: object;
  readonly build: { readonly id: string };
  readonly holder: Pick<Named, 'worker_id' | 'attempt'>;
  readonly worker: Pick<Named, 'worker_id'>;
}

interface Named {
  readonly id?: string;
  readonly worker_id?: string | undefined;
  readonly attempt?: number | undefined;
}

export interface Caller {
  readonly headers: Headers;
  /** The holder of a good key that has the scope. Absent: a token, which is looked at where it is used. */
  readonly key?: KeyHolder;
}

/** The first look, at the headers alone: a stranger is refused before anything is parsed or read for it. */
export async function admit(rule: Rule, gate: Gate | undefined, headers: Headers): Promise<Caller> {
  if (rule.for === 'anyone' || !gate) return { headers };
  if (rule.for === 'holder' && !rule.key) return admitToken(rule, headers);
  const presented = presentedKey(headers);
  const shown = presented === undefined ? undefined : await gate.keyOf(presented);
  if (shown && 'key' in shown && opens(shown.key, rule)) return { headers, key: shown.key };
  if (tokenHeadersOf(rule).some((name) => headers[name])) return { headers };
  if (!shown && rule.for === 'holder' && rule.orIds && namedWorker(headers) !== undefined) return { headers };
  if (!shown) throw new Rejection('missing_credential', 'Missing X-API-Key header');
  if ('refusal' in shown) throw new Rejection('invalid_credential', shown.refusal);
  throw new Rejection('scope_missing', `This API key may not do this: it needs the scope ${rule.key}`);
}

type Guarded = Exclude<Rule, { for: 'anyone' }>;

/** Who may submit may also ask for a build: whether it is one of its own is seen once the build is read. */
function opens(key: KeyHolder, rule: Guarded): boolean {
  if (rule.for === 'build' && rule.key === 'read' && hasScope(key, 'submit')) return true;
  return rule.key === 'any' || (rule.key !== undefined && hasScope(key, rule.key));
}

/** No key opens it, so none is looked up. */
function admitToken(rule: Rule, headers: Headers): Caller {
  if (tokenHeadersOf(rule).some((name) => headers[name])) return { headers };
  throw new Rejection('missing_credential', 'Missing X-VM-Token header');
}

function tokenHeadersOf(rule: Rule): readonly string[] {
  if (rule.for === 'build') return [BUILD_TOKEN_HEADER];
  if (rule.for === 'worker') return [HOLDER_HEADERS.worker];
  return rule.for === 'holder' ? rule.tokens.map((token) => HOLDER_HEADERS[token]) : [];
}

/** The second look, once it is known which build or worker the request is about. */
export async function identify(rule: Rule, gate: Gate | undefined, caller: Caller, input: Named): Promise<Identified> {
  if (rule.for === 'anyone' || !gate) return {};
  switch (rule.for) {
    case 'project':
      return ofProject(caller);
    case 'build':
      return buildFor(gate, caller, input.id ?? '');
    case 'holder': {
      refuseOtherBuild(caller, input);
      const claim = claimOf(caller, rule, input);
      return { by: actorOf(claim), claim };
    }
    case 'worker':
      return workerFor(gate, rule, caller, input);
  }
}

function ofProject({ key }: Caller): Admitted['project'] {
  // `admit` lets nobody else pass.
  if (!key) throw new Rejection('missing_credential', 'Missing X-API-Key header');
  return { by: `key ${key.id}`, key };
}

/** A token says nothing about whether another build exists, nor does a key about one that is not its own. */
async function buildFor(gate: Gate, { key, headers }: Caller, id: string): Promise<Admitted['build']> {
  // Of any other gate the pipeline takes none for a build.
  const { builds, clock, buildTokenMs = 0 } = gate;
  const build = await builds.get(id);
  if (key && build && maySee(key, build)) return { by: `key ${key.id}`, build, key };
  const hash = secrets.hash(headers[BUILD_TOKEN_HEADER] ?? '');
  const isGood =
    build?.tokenHashes.some((issued) => isSameSecret(hash, issued)) && areTokensGood(build, clock(), buildTokenMs);
  if (build && isGood) return { by: 'build token', build };
  if (key) throw new Rejection('build_not_found', 'Build not found');
  throw new Rejection('invalid_credential', 'Invalid or expired build token');
}

/**
 * Who claims to hold a build: the id beside a good key, or else whom a token speaks for. The token itself is checked where
 * the claim is used, in the condition of the write.
 */
export function claimOf({ key, headers }: Caller, rule: HolderRule, named: Naming['holder']): LifeClaim | NamedClaim {
  const attempt = named.attempt === undefined ? {} : { attempt: named.attempt };
  const workerId = named.worker_id ?? headers['x-worker-id'];
  if (key && workerId && WORKER_ID.test(workerId)) return { workerId, ...attempt };
  for (const token of rule.tokens) {
    const claim = HOLDER_CLAIMS[token](headers);
    // A virtual machine's token is of one attempt already.
    if (claim) return 'workerId' in claim ? { ...claim, ...attempt } : claim;
  }
  // 400, where the old controller said 401 `Missing X-Worker-Id header`: the key is good, and clients drop theirs at a 401.
  if (key) throw new Rejection('invalid_request', workerId ? 'worker_id is not an id' : 'worker_id required');
  const namedWorkerId = namedWorker(headers);
  if (namedWorkerId !== undefined && !tokenHeadersOf(rule).some((name) => headers[name])) return { namedWorkerId };
  throw headers[HOLDER_HEADERS.worker] && rule.tokens.includes('worker')
    ? badWorkerToken()
    : new Rejection('vm_token_invalid', 'Invalid or expired VM token');
}

type HolderRule = Extract<Rule, { for: 'holder' }>;

/** Who comes with ids and nothing else: the worker that is named beside a build. */
function namedWorker(headers: Headers): string | undefined {
  const workerId = headers['x-worker-id'] ?? '';
  return headers['x-build-id'] && WORKER_ID.test(workerId) ? workerId : undefined;
}

/** Some clients name the build twice; if they differ, one is a mistake. */
function refuseOtherBuild({ headers }: Caller, { id }: Named): void {
  if (!headers['x-build-id'] || id === undefined || headers['x-build-id'] === id) return;
  throw new Rejection('invalid_credential', 'X-Build-Id header does not match build ID in URL');
}

function actorOf(claim: LifeClaim | NamedClaim): string {
  if ('namedWorkerId' in claim) return 'somebody';
  return 'workerId' in claim ? `worker ${claim.workerId}` : 'virtual machine';
}

/** From a header anything may come, and it becomes part of a key. */
const WORKER_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What a worker shows, best first: its token; its id beside a good key. */
async function workerFor(
  gate: Gate,
  rule: Extract<Rule, { for: 'worker' }>,
  { key, headers }: Caller,
  { worker_id: named }: Naming['worker'],
): Promise<Admitted['worker']> {
  const byToken = workerClaim(headers);
  const shown: WorkerCredential[] = byToken ? [byToken] : [];
  if (key && named !== undefined) shown.push({ workerId: named });
  if (shown.length === 0) throw key ? new Rejection('invalid_request', 'worker_id required') : badWorkerToken();
  const credentials = rule.onlyItself ? await ofWorker(gate, shown, named) : shown;
  const { worker, tokenHash, isToken } = await authenticateWorker(gate, credentials);
  const token = isToken ? headers[HOLDER_HEADERS.worker] : undefined;
  return { by: `worker ${worker.id}`, worker, tokenHash, token };
}

/** Only what speaks for the named worker: nobody acts on another by naming it. A bad token is called bad all the same. */
async function ofWorker(gate: Gate, shown: readonly WorkerCredential[], workerId: string | undefined) {
  const own = shown.filter((credential) => workerId === undefined || credential.workerId === workerId);
  if (own.length > 0) return own;
  await authenticateWorker(gate, shown);
  throw new Rejection('invalid_credential', 'The worker token belongs to another worker');
}

function badWorkerToken(): Rejection {
  return new Rejection('worker_token_invalid', 'Invalid or expired worker token');
}
