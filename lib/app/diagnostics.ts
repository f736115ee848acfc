import type { DiagnosticReport } from '../domain/diagnostic-report.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Clock, DiagnosticsStore, Secrets, WorkerStore } from './ports.ts';
import { readWorker } from './read-worker.ts';

interface Deps {
  readonly workers: WorkerStore;
  readonly diagnostics: DiagnosticsStore;
}

/** Keeps a report of a worker that is known. Answers the report's id. */
export async function storeReport(
  deps: Deps & { readonly secrets: Secrets; readonly clock: Clock; readonly keptDays: number },
  found: Omit<DiagnosticReport, 'id' | 'runAt'>,
): Promise<string> {
  await readWorker(deps.workers, found.workerId);
  const id = deps.secrets.id();
  await deps.diagnostics.add({ ...found, id, runAt: deps.clock() }, deps.keptDays);
  return id;
}

export async function readReports(deps: Deps, workerId: string, limit: number): Promise<DiagnosticReport[]> {
  await readWorker(deps.workers, workerId);
  return deps.diagnostics.latest(workerId, limit);
}

export async function readLatestReport(deps: Deps, workerId: string): Promise<DiagnosticReport> {
  const [latest] = await readReports(deps, workerId, 1);
  if (!latest) throw new Rejection('not_found', 'No diagnostic reports found');
  return latest;
}
