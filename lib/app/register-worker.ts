import type { Platform } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { WORKER_TOKEN_MS, type Worker, wasGiven } from '../domain/worker.ts';
import { type GiveBackDeps, giveBack } from './give-back.ts';
import type { Secrets } from './ports.ts';

interface Deps extends GiveBackDeps {
  readonly secrets: Secrets;
  readonly maxAttempts: number;
}

export interface Registration {
  readonly name: string;
  readonly platforms: readonly Platform[];
  readonly labels?: readonly string[];
  /** The id of an earlier registration. One that is unknown is ignored: ids are given by the controller. */
  readonly id?: string;
  /** Of a token that it was given: one that is not its own, and the id is ignored. Absent: the key vouches for the id. */
  readonly tokenHash?: string;
  /** 0 from a worker that holds a build means that it was restarted and has lost it. */
  readonly activeBuilds?: number;
}

export interface Registered {
  readonly worker: Worker;
  readonly token: string;
  readonly isNew: boolean;
}

/** 3 tries: two starts of one worker may meet; a third is a fault of its owner. */
const MAX_TRIES = 3;

export async function registerWorker(deps: Deps, registration: Registration): Promise<Registered> {
  const { id, tokenHash } = registration;
  for (let tries = 0; id !== undefined && tries < MAX_TRIES; tries++) {
    const seen = await deps.workers.get(id);
    if (!seen || (tokenHash !== undefined && !wasGiven(seen, tokenHash))) break;
    const again = await registerAgain(deps, seen, registration);
    if (again) return again;
    if (tries === MAX_TRIES - 1) throw new Rejection('contended', `Worker ${id} is registering elsewhere; try again`);
  }
  return registerNew(deps, registration);
}

async function registerNew(deps: Deps, { name, platforms, labels }: Registration): Promise<Registered> {
  const now = deps.clock();
  const id = deps.secrets.id();
  const { token, issued } = issue(deps, id, now);
  const worker: Worker = {
    id,
    name,
    platforms,
    ...(labels && { labels }),
    epoch: 1,
    registeredAt: now,
    lastSeenAt: now,
    token: issued,
    strikes: 0,
    isDraining: false,
    completedBuilds: 0,
    failedBuilds: 0,
  };
  await deps.workers.create(worker);
  deps.report({ event: 'worker_registered', workerId: id, epoch: 1 });
  return { worker, token, isNew: true };
}

async function registerAgain(
  deps: Deps,
  seen: Worker,
  { name, platforms, labels, activeBuilds }: Registration,
): Promise<Registered | undefined> {
  const now = deps.clock();
  if (activeBuilds === 0 && seen.current) await giveUpBuild(deps, seen, seen.current);
  const { token, issued } = issue(deps, seen.id, now);
  const said = { name, platforms, ...(labels && { labels }) };
  if (!(await deps.workers.renew(seen, { ...said, token: issued, now }))) return undefined;
  const epoch = seen.epoch + 1;
  deps.report({ event: 'worker_registered', workerId: seen.id, epoch });
  const { labels: _before, ...others } = seen;
  return { worker: { ...others, ...said, token: issued, epoch, registeredAt: now }, token, isNew: false };
}

/**
 * The restarted worker will never finish it, so it waits again at once. This spends an attempt: a build that brings its
 * workers down would otherwise go round for ever. If the build moved meanwhile, the sweep sees to it.
 */
async function giveUpBuild(deps: Deps, worker: Worker, { buildId, attempt }: NonNullable<Worker['current']>) {
  const build = await deps.builds.get(buildId);
  const { maxAttempts } = deps;
  if (build)
    await giveBack(deps, build, { workerId: worker.id, attempt }, { spends: true, maxAttempts, worker: 'stays' });
}

/** The token carries its worker's id, so that a poll needs one read: the id is 21 characters, the rest is the secret. */
function issue(deps: Deps, workerId: string, now: number) {
  const token = `${workerId}${deps.secrets.token()}`;
  return { token, issued: { hash: deps.secrets.hash(token), expiresAt: now + WORKER_TOKEN_MS } };
}

export const WORKER_ID_LENGTH = 21;
