import { Rejection } from '../domain/rejection.ts';
import type { Report, WorkerStore } from './ports.ts';

/** A draining worker finishes what it has and is given nothing more; it stays so until it is told, or registers again. */
export async function drainWorker(
  deps: { readonly workers: WorkerStore; readonly report: Report },
  workerId: string,
  isDraining: boolean,
): Promise<void> {
  if (!(await deps.workers.setDraining(workerId, isDraining))) {
    throw new Rejection('worker_not_found', 'Worker not found');
  }
  deps.report({ event: 'worker_draining', workerId, isDraining });
}
