import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Delivery } from './deliver.ts';
import type { FileStore } from './file-ports.ts';
import { deliverOwn, type OwnFile } from './own-file.ts';

/** The source of a build, for who submitted it; the worker has `readSource`. */
export async function downloadSource(files: FileStore, build: Build): Promise<Delivery> {
  return deliverOwn(files, sourceOf(build));
}

export function sourceOf({ id, source }: Build): OwnFile {
  const missing = new Rejection('source_missing', 'Source not found');
  if (!source) throw missing;
  return { kind: 'sources', file: source, filename: `${id}.zip`, contentType: 'application/zip', missing };
}
