import type { KeyHolder } from '../domain/api-key.ts';
import { contentUploadId, sourceKey } from './file-keys.ts';
import type { FileStore, FoundFile } from './file-ports.ts';
import type { Clock, Secrets } from './ports.ts';

interface Deps {
  readonly files: FileStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

interface Announced {
  readonly size: number;
  readonly sha256: string;
}

/** For a store that does not tell when it removes one: half of the least time that sources can be kept for. */
const REUSED_FOR_MS = 12 * 3_600_000;

/**
 * A new upload of what the same key has uploaded before and is still there: nothing of it has to be sent again. Undefined:
 * send it. Nobody learns what others have uploaded, as they have it under keys of their own.
 */
export async function findSource(deps: Deps, file: Announced, by: KeyHolder | undefined): Promise<string | undefined> {
  const uploadId = contentUploadId(deps.secrets, file);
  const found = await deps.files.find('sources', sourceKey(deps.secrets, uploadId, by));
  return found && isLasting(found, deps.clock()) ? uploadId : undefined;
}

/**
 * Whether it has half of its time before it: as long as a stage keeps sources, a build may wait and be built twice. What
 * is older is sent again, and so begins anew.
 */
function isLasting({ storedAt, goneAt }: FoundFile, now: number): boolean {
  if (storedAt === undefined) return false;
  return now - storedAt <= (goneAt === undefined ? REUSED_FOR_MS : goneAt - now);
}
