import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { type Delivery, deliver } from './deliver.ts';
import type { FileStore } from './file-ports.ts';

/** The result of a completed build: what the winning attempt's transaction pointed to, and nothing else. */
export async function downloadResult(files: FileStore, build: Build): Promise<Delivery> {
  if (build.state !== 'completed') throw new Rejection('build_not_completed', 'Build not completed');
  const { result } = build;
  const delivery = result && (await deliver(files, 'results', result, result.filename, 'application/octet-stream'));
  if (!delivery) throw new Rejection('result_not_found', 'Build result not found');
  return delivery;
}
