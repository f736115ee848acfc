import type { KeyHolder } from '../domain/api-key.ts';
import type { Build } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import { contentUploadId, resultKey, resultName, resultUploadId, sourceKey } from './file-keys.ts';
import type { AnnouncedParts, FileStore, PartStore, UploadTicket } from './file-ports.ts';
import { beginParts, type PartedUpload } from './parted-upload.ts';
import type { Clock, Secrets } from './ports.ts';

interface Deps {
  readonly files: FileStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** The most that a file may have. */
  readonly maxBytes: number;
}

export interface Upload extends UploadTicket {
  readonly uploadId: string;
}

/** In parts: what breaks off is not lost, and no part is sent twice. */
export interface UploadInParts extends PartedUpload {
  readonly uploadId: string;
}

type PartsDeps = Deps & { readonly parts: PartStore };

interface Announced {
  readonly size: number;
  readonly sha256: string;
}

/** A source that its key's holder may submit again: where it then lies is said by its content. */
interface Reuse {
  readonly by: KeyHolder | undefined;
}

export async function createSourceUpload(deps: Deps, file: Announced, reuse?: Reuse): Promise<Upload> {
  refuseAbove(file.size, deps.maxBytes, 'Source file too large');
  const { uploadId, key } = newSource(deps, file, reuse);
  return { uploadId, ...(await deps.files.ticket('sources', key, file, deps.clock())) };
}

export async function createSourceParts(deps: PartsDeps, file: AnnouncedParts, reuse?: Reuse): Promise<UploadInParts> {
  refuseAbove(file.size, deps.maxBytes, 'Source file too large');
  const { uploadId, key } = newSource(deps, file, reuse);
  return { uploadId, ...(await beginParts(deps, 'sources', key, file)) };
}

function newSource({ secrets }: Deps, file: Announced, reuse: Reuse | undefined) {
  const uploadId = reuse ? contentUploadId(secrets, file) : secrets.id();
  return { uploadId, key: sourceKey(secrets, uploadId, reuse?.by) };
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
  refuseAbove(file.size, deps.maxBytes, 'Result file too large');
  const uploadId = resultUploadId(held.attempt, deps.secrets.id());
  const key = resultKey(held.id, held.attempt, uploadId);
  const ticket = await deps.files.ticket('results', key, { ...file, filename }, deps.clock());
  return { uploadId, ...ticket };
}

export async function createResultParts(
  deps: PartsDeps,
  held: Build,
  file: AnnouncedParts,
  filename = resultName(held),
): Promise<UploadInParts> {
  refuseAbove(file.size, deps.maxBytes, 'Result file too large');
  const uploadId = resultUploadId(held.attempt, deps.secrets.id());
  const key = resultKey(held.id, held.attempt, uploadId);
  return { uploadId, ...(await beginParts(deps, 'results', key, { ...file, filename })) };
}

function refuseAbove(size: number, limit: number, text: string): void {
  if (size > limit) throw new Rejection('payload_too_large', `${text}: the limit is ${limit} bytes`);
}
