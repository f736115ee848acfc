import type { Build, StoredFile } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { Delivery, GivenFile } from './deliver.ts';
import type { FileStore } from './file-ports.ts';
import { deliverOwn, type OwnFile } from './own-file.ts';

/** The source of a build, for who submitted it; the worker has `readSource`. */
export async function downloadSource(files: FileStore, build: Build): Promise<Delivery> {
  return deliverOwn(files, sourceOf(build));
}

export function sourceOf({ id, source }: Build): OwnFile {
  const missing = new Rejection('source_missing', 'Source not found');
  if (!source) throw missing;
  return { ...sourceFile(id, source), missing };
}

export const sourceFile = (buildId: string, file: StoredFile): GivenFile => ({
  kind: 'sources',
  file,
  filename: `${buildId}.zip`,
  contentType: 'application/zip',
});
