import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { resultKey, resultName, resultUploadId, sourceKey } from './file-keys.ts';
import type { FileStore, UploadTicket } from './file-ports.ts';
import type { Clock, Secrets } from './ports.ts';

interface Deps {
  readonly files: FileStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

export interface Upload extends UploadTicket {
  readonly uploadId: string;
}

interface Announced {
  readonly size: number;
  readonly sha256: string;
}

export const MAX_SOURCE_BYTES = 2 * 1024 ** 3;
/** The most one PUT can carry to S3. */
export const MAX_RESULT_BYTES = 5 * 1024 ** 3;

export async function createSourceUpload(deps: Deps, file: Announced): Promise<Upload> {
  refuseAbove(file.size, MAX_SOURCE_BYTES, 'Source file too large');
  const uploadId = deps.secrets.id();
  const ticket = await deps.files.ticket('sources', sourceKey(uploadId), file, deps.clock());
  return { uploadId, ...ticket };
}

/**
 * @param held the build, its holder already checked: the key lies under its attempt.
 * @param filename the name that a download shall have; without one, the build's id.
 */
export async function createResultUpload(
  deps: Deps,
  held: Build,
  file: Announced,
  filename = resultName(held),
): Promise<Upload> {
  refuseAbove(file.size, MAX_RESULT_BYTES, 'Result file too large');
  const uploadId = resultUploadId(held.attempt, deps.secrets.id());
  const key = resultKey(held.id, held.attempt, uploadId);
  const ticket = await deps.files.ticket('results', key, { ...file, filename }, deps.clock());
  return { uploadId, ...ticket };
}

function refuseAbove(size: number, limit: number, text: string): void {
  if (size > limit) throw new Rejection('payload_too_large', `${text}: the limit is ${limit} bytes`);
}
