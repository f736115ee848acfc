import { join } from 'node:path';
import type { Job } from '../answers.ts';
import { PATIENT, type RetryContext, type RetryPolicy, withRetries } from '../retry.ts';
import { DamagedFile, fetchFile, PartialFile } from '../transfer/fetch-file.ts';
import { HostileArchive } from '../unpack/hostile-archive.ts';
import { resolveAnswerUrl } from '../urls.ts';
import type { Artifact } from './artifact.ts';
import type { BuildDeps } from './build-deps.ts';
import type { BuildLog } from './build-log.ts';
import { buildProject } from './build-project.ts';
import { BuildFailure, BuildStopped, CommandFailed, UploadFailed } from './build-stopped.ts';
import type { Emit } from './events.ts';
import type { Lease } from './lease.ts';
import { isControllerTrouble, messageOf } from './session.ts';
import { placeSigningFiles, type SigningFiles } from './signing-files.ts';
import { uploadArtifact } from './upload-artifact.ts';
import { makeBuildFolder, removeBuildFolder } from './work-dir.ts';
import type { Outcome } from './worker-api.ts';

interface Attempted {
  readonly outcome: Outcome;
  readonly isProjectsFault: boolean;
}

/** About two and a half minutes, which is longer than a lease: who is away that long puts the lease in doubt. */
const LASTING: RetryPolicy = { ...PATIENT, tries: 20 };

/** Everything between grant and report. Throws `BuildStopped` when there is nothing to report; every other trouble is a failed build. */
export async function attemptBuild(deps: BuildDeps, job: Job, lease: Lease, log: BuildLog): Promise<Attempted> {
  const signal = AbortSignal.any([lease.signal, deps.stop]);
  let folder: string | undefined;
  try {
    folder = await makeBuildFolder(deps.workDir);
    const source = folder;
    const archive = await whileHeld(lease, signal, () => fetchSource(deps, job, source, signal));
    const artifact = await buildSigned(deps, job, folder, archive, lease, log, signal);
    const { emit } = deps;
    const { filename, digest } = artifact;
    emit({ event: 'artifact_built', build_id: job.id, attempt: job.attempt, filename, ...digest });
    log.add('info', `Built ${filename}: ${digest.size} bytes, SHA-256 ${digest.sha256}`);
    const uploading = whileHeld(lease, signal, () => uploadArtifact(deps, job, artifact, LASTING, signal));
    const uploadId = await uploading.catch(uploadFailed);
    return { outcome: { success: true, uploadId }, isProjectsFault: false };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BuildStopped) throw error;
    const failed = { success: false, message: failureMessage(error) } as const;
    const outcome = error instanceof UploadFailed ? ({ ...failed, failureKind: 'upload' } as const) : failed;
    return { outcome, isProjectsFault: isProjectsFault(error) };
  } finally {
    if (folder !== undefined) await removeOrMention(folder, deps.emit);
  }
}

function uploadFailed(error: unknown): never {
  if (error instanceof BuildStopped) throw error;
  throw new UploadFailed(`The result could not be uploaded: ${messageOf(error)}`, { cause: error });
}

/** What fails while nobody knows whose the build is was the outage's fault: it is tried again when that is known. */
async function whileHeld<T>(lease: Lease, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (;;) {
    await lease.held(signal);
    try {
      return await run();
    } catch (error) {
      if (!isControllerTrouble(error) || !lease.isInDoubt()) throw error;
    }
  }
}

/** Signing material lies on the disk while the command runs, and no longer. */
async function buildSigned(
  deps: BuildDeps,
  job: Job,
  folder: string,
  archive: string,
  lease: Lease,
  log: BuildLog,
  signal: AbortSignal,
): Promise<Artifact> {
  const fetched = () => whileHeld(lease, signal, () => fetchSigning(deps, job, folder, signal));
  const signing = job.certs_url === null ? undefined : await fetched();
  try {
    return await buildProject({ ...deps, job, folder, archive, signing, log, signal });
  } finally {
    await signing?.remove();
  }
}

async function fetchSigning(deps: BuildDeps, job: Job, folder: string, signal: AbortSignal): Promise<SigningFiles> {
  const context: RetryContext = { clock: deps.clock, random: deps.random, signal };
  const run = (token: string) => deps.api.certs(token, job.id, job.attempt, signal);
  const { body } = await withRetries(() => deps.session.withToken(signal, run), LASTING, context);
  return placeSigningFiles(folder, body);
}

function fetchSource(deps: BuildDeps, job: Job, folder: string, signal: AbortSignal): Promise<string> {
  const context: RetryContext = { clock: deps.clock, random: deps.random, signal };
  const url = resolveAnswerUrl(deps.baseUrl, job.source_url);
  // It lies in the build's folder, and goes with it.
  const partial = new PartialFile();
  const run = async (token: string) => {
    const { partPath } = await fetchFile({
      baseUrl: deps.baseUrl,
      url,
      credentials: { 'X-Worker-Token': token },
      expected: { size: job.source_size, sha256: job.source_sha256 },
      partPath: () => join(folder, 'source.archive'),
      partial,
      signal,
    });
    return partPath;
  };
  return withRetries(() => deps.session.withToken(signal, run), LASTING, context);
}

/** Names from an archive may be long; what the controller takes as a message is not. */
const MAX_MESSAGE_CHARS = 1_500;

function failureMessage(error: unknown): string {
  return explain(error).slice(0, MAX_MESSAGE_CHARS);
}

function explain(error: unknown): string {
  if (error instanceof BuildFailure || error instanceof UploadFailed) return error.message;
  if (error instanceof HostileArchive) return `The source cannot be unpacked: ${error.message}`;
  if (error instanceof DamagedFile) return `The source is damaged: ${error.message}`;
  return `The worker failed: ${messageOf(error)}`;
}

function isProjectsFault(error: unknown): boolean {
  if (error instanceof CommandFailed) return false;
  return error instanceof BuildFailure || error instanceof HostileArchive || error instanceof DamagedFile;
}

/** A folder that will not go away is no reason to lose a finished build, or the worker. */
async function removeOrMention(folder: string, emit: Emit): Promise<void> {
  try {
    await removeBuildFolder(folder);
  } catch (error) {
    emit({ event: 'folder_kept', folder, reason: messageOf(error) });
  }
}
