import type { Build, Platform, StoredFile } from '../domain/build.ts';
import { resendAt } from '../domain/due.ts';
import { Rejection } from '../domain/rejection.ts';
import type { BuildQueue, BuildStore, Clock, FileStore, Hint, Report, Secrets } from './ports.ts';
import { sourceKey } from './file-keys.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
  readonly files: FileStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly report: Report;
}

export interface Submitted {
  readonly build: Build;
  readonly token: string;
}

/** Submits a source whose bytes came with the request. */
export async function submitBytes(
  deps: Deps,
  submission: { platform: Platform; bytes: Uint8Array; sha256: string },
): Promise<Submitted> {
  const uploadId = deps.secrets.id();
  const { bytes, sha256 } = submission;
  await deps.files.put('sources', sourceKey(uploadId), bytes, sha256);
  return submit(deps, uploadId, submission.platform, { key: sourceKey(uploadId), size: bytes.length, sha256 });
}

/** Submits a source that was uploaded before. The same upload submitted again is the same build. */
export async function submitUpload(
  deps: Deps,
  submission: { platform: Platform; uploadId: string },
): Promise<Submitted> {
  const key = sourceKey(submission.uploadId);
  const found = await deps.files.find('sources', key);
  if (!found)
    throw new Rejection('upload_missing', 'Source file required: nothing has been uploaded under this upload_id');
  const { size, sha256 } = found;
  return submit(deps, submission.uploadId, submission.platform, { key, size, sha256 });
}

/**
 * Bytes first, then the item (pending and due), then the message, then the note that it was sent. A crash between any
 * two is repaired by the sweep, which sends what is still due; so from the item on, the build is sure to be built.
 */
async function submit(deps: Deps, uploadId: string, platform: Platform, source: StoredFile): Promise<Submitted> {
  const token = deps.secrets.token();
  const tokenHash = deps.secrets.hash(token);
  const id = deps.secrets.idFrom(`build of upload ${uploadId}`);
  const now = deps.clock();
  const build: Build = {
    id,
    platform,
    state: 'pending',
    attempt: 0,
    submittedAt: now,
    sends: 0,
    tokenHashes: [tokenHash],
    source,
  };
  if (!(await deps.builds.create(build))) return resubmit(deps, id, platform, token, tokenHash);
  deps.report({ event: 'build_submitted', buildId: id, platform, sourceSize: source.size });
  await announce(deps, build, source);
  return { build, token };
}

async function resubmit(deps: Deps, id: string, platform: Platform, token: string, tokenHash: string) {
  const existing = await deps.builds.get(id);
  if (!existing) throw new Rejection('contended', 'The build changed while it was being submitted; try again');
  if (existing.platform !== platform) {
    throw new Rejection('invalid_request', `This upload was already submitted for ${existing.platform}`);
  }
  await deps.builds.addToken(existing, tokenHash);
  return { build: existing, token };
}

/** The item is durable and due: if the send fails now, the sweep makes up for it, so the submit has succeeded. */
async function announce(deps: Deps, build: Build, source: StoredFile): Promise<void> {
  try {
    await deps.queue.send(hintOf(build, source));
    await deps.builds.markSent(build, 1, resendAt(deps.clock(), 1));
  } catch (error) {
    deps.report({ event: 'send_left_to_sweep', buildId: build.id, error });
  }
}

export function hintOf(build: Build, source: StoredFile): Hint {
  const { id, attempt, platform, submittedAt } = build;
  return { buildId: id, attempt, platform, submittedAt, sourceSize: source.size, sourceSha256: source.sha256 };
}
