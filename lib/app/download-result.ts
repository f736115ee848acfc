import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Delivery } from './deliver.ts';
import type { FileStore } from './file-ports.ts';
import { deliverOwn, type OwnFile } from './own-file.ts';

/** The result of a completed build: what the winning attempt's transaction pointed to, and nothing else. */
export async function downloadResult(files: FileStore, build: Build): Promise<Delivery> {
  return deliverOwn(files, resultOf(build));
}

export function resultOf({ state, result }: Build): OwnFile {
  if (state !== 'completed') throw new Rejection('build_not_completed', 'Build not completed');
  const missing = new Rejection('result_not_found', 'Build result not found');
  if (!result) throw missing;
  const { filename } = result;
  return { kind: 'results', file: result, filename, contentType: 'application/octet-stream', missing };
}
