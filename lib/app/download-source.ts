import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { type Delivery, deliver } from './deliver.ts';
import type { FileStore } from './file-ports.ts';

/** The source of a build, for who submitted it; the worker has `readSource`. */
export async function downloadSource(files: FileStore, { id, source }: Build): Promise<Delivery> {
  const delivery = source && (await deliver(files, 'sources', source, `${id}.zip`, 'application/zip'));
  if (!delivery) throw new Rejection('source_missing', 'Source not found');
  return delivery;
}
