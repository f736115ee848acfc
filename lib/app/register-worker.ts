import type { Platform } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { decide } from '../domain/transitions.ts';
import { WORKER_TOKEN_MS, type Worker } from '../domain/worker.ts';
import type { BuildStore, Clock, Report, Secrets, WorkerStore } from './ports.ts';

interface Deps {
  readonly workers: WorkerStore;
  readonly builds: BuildStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly report: Report;
}

export interface Registration {
  readonly name: string;
  readonly platforms: readonly Platform[];
  /** The id of an earlier registration. One that is unknown is ignored: ids are given by the controller. */
  readonly id?: string;
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
  const { id } = registration;
  for (let tries = 0; id !== undefined && tries < MAX_TRIES; tries++) {
    const seen = await deps.workers.get(id);
    if (!seen) break;
    const again = await registerAgain(deps, seen, registration);
    if (again) return again;
    if (tries === MAX_TRIES - 1) throw new Rejection('contended', `Worker ${id} is registering elsewhere; try again`);
  }
  return registerNew(deps, registration);
}

async function registerNew(deps: Deps, { name, platforms }: Registration): Promise<Registered> {
  const now = deps.clock();
  const id = deps.secrets.id();
  const { token, issued } = issue(deps, id, now);
  const worker: Worker = {
    id,
    name,
    platforms,
    epoch: 1,
    registeredAt: now,
    lastSeenAt: now,
    token: issued,
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
  { name, platforms, activeBuilds }: Registration,
): Promise<Registered | undefined> {
  const now = deps.clock();
  if (activeBuilds === 0 && seen.current) await giveUpBuild(deps, seen, seen.current, now);
  const { token, issued } = issue(deps, seen.id, now);
  if (!(await deps.workers.renew(seen, { name, platforms, token: issued, now }))) return undefined;
  const epoch = seen.epoch + 1;
  deps.report({ event: 'worker_registered', workerId: seen.id, epoch });
  return { worker: { ...seen, name, platforms, token: issued, epoch, registeredAt: now }, token, isNew: false };
}

/** The restarted worker will never finish it: the lease ends now, and the next sweep hands the build on. */
async function giveUpBuild(deps: Deps, worker: Worker, current: NonNullable<Worker['current']>, now: number) {
  const build = await deps.builds.get(current.buildId);
  const isOwn = build?.holder?.workerId === worker.id && build.attempt === current.attempt;
  if (!isOwn || !decide(build, { type: 'heartbeat', claim: { workerId: worker.id }, leaseMs: 0 }, now).ok) return;
  await deps.builds.endLease(build, now);
}

/** The token carries its worker's id, so that a poll needs one read: the id is 21 characters, the rest is the secret. */
function issue(deps: Deps, workerId: string, now: number) {
  const token = `${workerId}${deps.secrets.token()}`;
  return { token, issued: { hash: deps.secrets.hash(token), expiresAt: now + WORKER_TOKEN_MS } };
}

export const WORKER_ID_LENGTH = 21;
