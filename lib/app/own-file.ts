import type { Rejection } from '../domain/rejection.ts';
import { type Delivery, deliver, type GivenFile } from './deliver.ts';
import type { FileStore } from './file-ports.ts';

/** A file of a build, as its submitter is given it. */
export interface OwnFile extends GivenFile {
  /** What is said where the record has it and the store has not, or not any more. */
  readonly missing: Rejection;
}

export async function deliverOwn(files: FileStore, own: OwnFile): Promise<Delivery> {
  const delivery = await deliver(files, own);
  if (!delivery) throw own.missing;
  return delivery;
}
