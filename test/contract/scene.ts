import type { BuildStore, Grant, WorkerStore } from '../../lib/app/ports.ts';
import type { Build, ResultFile } from '../../lib/domain/build.ts';
import { OTP_MS } from '../support/settings.ts';
import type { Claim } from '../../lib/domain/transitions.ts';
import { WORKER_TOKEN_MS, type Worker } from '../../lib/domain/worker.ts';
import { secrets } from '../../lib/runtime/secrets.ts';

export const NOW = Date.UTC(2026, 0, 6, 12);
export const LEASE_MS = 90_000;
export const MAX_ATTEMPTS = 3;
/** As many meet in each race. */
export const RACERS = 8;

export const SHA = 'ab'.repeat(32);
export const aResult = (key: string): ResultFile => ({ key, size: 20, sha256: SHA, filename: 'app.ipa' });

/** What remains of a build's certs at its end: everything but their key. */
export const ENDED_CERTS = { key: 'certs/build/object', fingerprint: SHA };

export const newBuild = (changes: Partial<Build> = {}): Build => ({
  id: secrets.id(),
  platform: 'ios',
  state: 'pending',
  attempt: 0,
  submittedAt: NOW - 60_000,
  queuedAt: NOW - 60_000,
  spentAttempts: 0,
  sends: 0,
  tokenHashes: [secrets.id()],
  source: { key: 'sources/upload', size: 10, sha256: SHA },
  certs: { ...ENDED_CERTS, sealedKey: 'sealed-key' },
  ...changes,
});

export const newWorker = (changes: Partial<Worker> = {}): Worker => ({
  id: secrets.id(),
  name: 'mac mini',
  platforms: ['ios'],
  epoch: 1,
  registeredAt: NOW - 60_000,
  lastSeenAt: NOW - 60_000,
  token: { hash: secrets.id(), expiresAt: NOW + WORKER_TOKEN_MS },
  strikes: 0,
  isDraining: false,
  completedBuilds: 0,
  failedBuilds: 0,
  ...changes,
});

export const grantOf = (build: Build, worker: Worker, changes: Partial<Grant> = {}): Grant => ({
  buildId: build.id,
  attempt: build.attempt,
  maxAttempts: MAX_ATTEMPTS,
  holder: { workerId: worker.id, workerName: worker.name, assignmentId: secrets.id(), tokenHash: worker.token.hash },
  workerEpoch: worker.epoch,
  platform: build.platform,
  labels: worker.labels ?? [],
  strikes: 0,
  timed: { builds: 0, ms: 0 },
  otpHash: secrets.id(),
  otpExpiresAt: NOW + OTP_MS,
  now: NOW,
  leaseUntil: NOW + LEASE_MS,
  dueAt: NOW + LEASE_MS,
  ...changes,
});

export const claimOf = (build: Build, changes: Partial<Claim> = {}): Claim => ({
  workerId: build.holder?.workerId ?? 'nobody',
  attempt: build.attempt,
  ...changes,
});

interface Tables {
  readonly builds: BuildStore;
  readonly workers: WorkerStore;
}

export async function pendingBuild({ builds }: Tables, changes: Partial<Build> = {}): Promise<Build> {
  const build = newBuild(changes);
  await builds.create(build);
  return build;
}

export async function idleWorker({ workers }: Tables, changes: Partial<Worker> = {}): Promise<Worker> {
  const worker = newWorker(changes);
  await workers.create(worker);
  return worker;
}

/** A build that was just granted, as its record shows it. */
export async function assignedBuild(stores: Tables, changes: Partial<Build> = {}): Promise<Build> {
  const [build, worker] = [await pendingBuild(stores, changes), await idleWorker(stores)];
  const outcome = await stores.builds.assign(grantOf(build, worker));
  if (!outcome.ok) throw new Error(`not assigned: ${outcome.refusal}`);
  return found(stores, build.id);
}

/** A build whose worker has given a sign of work. */
export async function runningBuild(stores: Tables): Promise<Build> {
  const build = await assignedBuild(stores);
  await stores.builds.heartbeat(build.id, claimOf(build), { now: NOW, leaseUntil: NOW + LEASE_MS });
  return found(stores, build.id);
}

export async function found({ builds }: Tables, id: string): Promise<Build> {
  const build = await builds.get(id);
  if (!build) throw new Error(`no build ${id}`);
  return build;
}

export const holderOf = ({ workers }: Tables, { holder }: Build) => workers.get(holder?.workerId ?? '');

/** What each of them answered, in no order; a rejection as its code. */
export async function race<T>(act: (racer: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: RACERS }, (_, racer) => act(racer)));
}
