import { Rejection } from '../domain/rejection.ts';
import type { Report, WorkerStore } from './ports.ts';

interface Deps {
  readonly workers: WorkerStore;
  readonly report: Report;
}

/**
 * A draining worker finishes what it has and is given nothing more; it stays so until it is told, or registers again. Told to
 * go on, it does, whatever kept it from builds: bad ends are forgotten as well.
 */
export async function drainWorker(deps: Deps, workerId: string, isDraining: boolean): Promise<void> {
  if (!(await deps.workers.setDraining(workerId, isDraining))) {
    throw new Rejection('worker_not_found', 'Worker not found');
  }
  if (!isDraining) await pardonWorker(deps, workerId);
  deps.report({ event: 'worker_draining', workerId, isDraining });
}

/** What has ended badly by now is forgotten, and nothing that ends afterwards. */
async function pardonWorker(deps: Deps, workerId: string): Promise<void> {
  const seen = await deps.workers.get(workerId);
  // After a build that ended well nothing is held against it.
  if (!seen || seen.lastOutcome === 'completed') return;
  if (seen.strikes === 0 && seen.lastOutcome !== 'lost' && seen.lastOutcome !== 'failed') return;
  if (await deps.workers.pardon(seen)) deps.report({ event: 'worker_pardoned', workerId });
}
