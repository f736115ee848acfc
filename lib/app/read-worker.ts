import { Rejection } from '../domain/rejection.ts';
import type { Worker } from '../domain/worker.ts';
import type { WorkerStore } from './ports.ts';

export async function readWorker(workers: WorkerStore, id: string): Promise<Worker> {
  const worker = await workers.get(id);
  if (!worker) throw new Rejection('worker_not_found', 'Worker not found');
  return worker;
}
