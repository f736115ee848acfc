import type { StoredFile } from '../domain/build.ts';
import type { Rejection } from '../domain/rejection.ts';
import { type Delivery, deliver } from './deliver.ts';
import type { FileKind, FileStore } from './file-ports.ts';

/** A file of a build, as its submitter is given it. */
export interface OwnFile {
  readonly kind: FileKind;
  readonly file: StoredFile;
  /** The name to save it under. */
  readonly filename: string;
  readonly contentType: string;
  /** What is said where the record has it and the store has not, or not any more. */
  readonly missing: Rejection;
}

export async function deliverOwn(files: FileStore, own: OwnFile): Promise<Delivery> {
  const delivery = await deliver(files, own.kind, own.file, own.filename, own.contentType);
  if (!delivery) throw own.missing;
  return delivery;
}
