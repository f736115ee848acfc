import { type KeyHolder, notedId } from '../domain/api-key.ts';
import { BY_CONTROLLER, byKey } from '../domain/build-event.ts';
import { Rejection } from '../domain/rejection.ts';
import { type GiveBackDeps, leaveWithBuild } from './give-back.ts';

/** 5 tries: it may be given a build, or register again, between each look and the write that follows. */
const MAX_TRIES = 5;

/**
 * The worker is gone when this answers, whatever it does meanwhile: its tokens open nothing more, and what it holds waits
 * again, no attempt being spent. Only who has a key can make it a worker again, under a new id.
 *
 * @returns how many builds went back.
 */
export async function revokeWorker(
  deps: GiveBackDeps,
  workerId: string,
  maxAttempts: number,
  by: KeyHolder,
): Promise<number> {
  const keyId = notedId(by);
  let reassigned = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const worker = await deps.workers.get(workerId);
    if (!worker && tries === 0) throw new Rejection('worker_not_found', 'Worker not found');
    if (!worker) {
      deps.report({ event: 'worker_revoked', workerId, by: by.id });
      return reassigned;
    }
    if (!worker.current) await deps.workers.remove(worker);
    else if (await leaveWithBuild(deps, worker, maxAttempts, keyId ? byKey(keyId) : BY_CONTROLLER)) reassigned += 1;
  }
  throw new Rejection('contended', `Worker ${workerId} is being changed by others; try again`);
}
