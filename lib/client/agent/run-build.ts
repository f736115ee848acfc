import { join } from 'node:path';
import type { Job } from '../answers.ts';
import type { Clock } from '../clock.ts';
import { PATIENT, type RetryContext, withRetries } from '../retry.ts';
import { DamagedFile, fetchFile, PartialFile } from '../transfer/fetch-file.ts';
import { HostileArchive } from '../unpack/hostile-archive.ts';
import { resolveAnswerUrl } from '../urls.ts';
import type { Artifact } from './artifact.ts';
import { BuildLog } from './build-log.ts';
import { buildProject } from './build-project.ts';
import { BuildFailure, BuildStopped } from './build-stopped.ts';
import type { Emit } from './events.ts';
import { type HeartbeatDeps, keepLease } from './heartbeats.ts';
import { holdLease, type Lease } from './lease.ts';
import type { ConfigOverrides } from './project-config.ts';
import { reportOutcome } from './report-outcome.ts';
import { messageOf, type Session } from './session.ts';
import { placeSigningFiles, type SigningFiles } from './signing-files.ts';
import { uploadArtifact } from './upload-artifact.ts';
import { makeBuildFolder, removeBuildFolder } from './work-dir.ts';
import type { Outcome, WorkerApi } from './worker-api.ts';

export interface BuildDeps {
  readonly api: WorkerApi;
  readonly session: Session;
  readonly baseUrl: string;
  readonly workerName: string;
  readonly workDir: string;
  readonly overrides: ConfigOverrides;
  readonly heartbeatMs?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
  /** Aborted with `BuildStopped('worker_stopped')`: end the build now, and say so. */
  readonly stop: AbortSignal;
}

export type BuildResult = 'completed' | 'failed' | 'dropped';

interface Grant {
  readonly job: Job;
  readonly leaseMs: number;
  readonly askedAt: number;
}

/** One attempt, from the first log line to the accepted result; or dropped, once the lease is not ours any more. */
export async function runBuild(deps: BuildDeps, { job, leaseMs, askedAt }: Grant): Promise<BuildResult> {
  const { session, clock, emit } = deps;
  const ofBuild = { build_id: job.id, attempt: job.attempt };
  emit({ event: 'build_received', ...ofBuild, platform: job.platform });
  const lease = holdLease(clock, leaseMs, askedAt);
  const reported = new AbortController();
  const log = openLog(deps, job, lease);
  log.add('info', `Worker ${deps.workerName} (${session.current.id}) started attempt ${job.attempt}`);
  const beats = keepBeating(deps, job, lease, reported.signal);
  try {
    const outcome = await attemptBuild(deps, job, lease, log);
    if (!outcome.success) log.add('error', outcome.message);
    await log.close();
    const accepted = await reportOutcome(deps, job, outcome, lease);
    const error_message = accepted.success ? null : accepted.message;
    emit({ event: 'build_reported', ...ofBuild, success: accepted.success, error_message });
    return accepted.success ? 'completed' : 'failed';
  } catch (error) {
    if (!(error instanceof BuildStopped)) throw error;
    emit({ event: 'build_dropped', ...ofBuild, reason: error.reason });
    return 'dropped';
  } finally {
    reported.abort();
    lease.end();
    await Promise.all([beats, log.close()]);
  }
}

function openLog({ api, session, clock, random }: BuildDeps, { id, attempt }: Job, lease: Lease): BuildLog {
  return new BuildLog({
    clock,
    random,
    lease,
    send: (entries, signal) =>
      session.withToken(lease.signal, (token) => api.appendLogs(token, id, attempt, entries, signal)),
  });
}

function keepBeating(deps: BuildDeps, job: Job, lease: Lease, signal: AbortSignal): Promise<void> {
  const { api, session, clock, random, heartbeatMs = job.heartbeat_seconds * 1000 } = deps;
  const beat: HeartbeatDeps['beat'] = (limits) =>
    session.withToken(lease.signal, (token) => api.heartbeat(token, job.id, job.attempt, limits));
  return keepLease({ clock, random, lease, intervalMs: heartbeatMs, beat }, signal);
}

/** Everything between grant and report. Throws only when the lease is lost; every other trouble is a failed build. */
async function attemptBuild(deps: BuildDeps, job: Job, lease: Lease, log: BuildLog): Promise<Outcome> {
  const signal = AbortSignal.any([lease.signal, deps.stop]);
  let folder: string | undefined;
  try {
    folder = await makeBuildFolder(deps.workDir);
    const archive = await fetchSource(deps, job, folder, signal);
    const artifact = await buildSigned(deps, job, folder, archive, log, signal);
    const { emit } = deps;
    const { filename, digest } = artifact;
    emit({ event: 'artifact_built', build_id: job.id, attempt: job.attempt, filename, ...digest });
    log.add('info', `Built ${filename}: ${digest.size} bytes, SHA-256 ${digest.sha256}`);
    return { success: true, uploadId: await uploadArtifact(deps, job, artifact, signal) };
  } catch (error) {
    lease.signal.throwIfAborted();
    return { success: false, message: failureMessage(deps.stop.aborted ? deps.stop.reason : error) };
  } finally {
    if (folder !== undefined) await removeOrMention(folder, deps.emit);
  }
}

/** Signing material lies on the disk while the command runs, and no longer. */
async function buildSigned(
  deps: BuildDeps,
  job: Job,
  folder: string,
  archive: string,
  log: BuildLog,
  signal: AbortSignal,
): Promise<Artifact> {
  const signing = job.certs_url === null ? undefined : await fetchSigning(deps, job, folder, signal);
  try {
    const { overrides, env, clock, emit } = deps;
    return await buildProject({ job, folder, archive, signing, overrides, env, clock, emit, log, signal });
  } finally {
    await signing?.remove();
  }
}

async function fetchSigning(deps: BuildDeps, job: Job, folder: string, signal: AbortSignal): Promise<SigningFiles> {
  const context: RetryContext = { clock: deps.clock, random: deps.random, signal };
  const run = (token: string) => deps.api.certs(token, job.id, job.attempt, signal);
  const { body } = await withRetries(() => deps.session.withToken(signal, run), PATIENT, context);
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
  return withRetries(() => deps.session.withToken(signal, run), PATIENT, context);
}

/** Names from an archive may be long; what the controller takes as a message is not. */
const MAX_MESSAGE_CHARS = 1_500;

function failureMessage(error: unknown): string {
  return explain(error).slice(0, MAX_MESSAGE_CHARS);
}

function explain(error: unknown): string {
  if (error instanceof BuildFailure || error instanceof BuildStopped) return error.message;
  if (error instanceof HostileArchive) return `The source cannot be unpacked: ${error.message}`;
  if (error instanceof DamagedFile) return `The source is damaged: ${error.message}`;
  return `The worker failed: ${messageOf(error)}`;
}

/** A folder that will not go away is no reason to lose a finished build, or the worker. */
async function removeOrMention(folder: string, emit: Emit): Promise<void> {
  try {
    await removeBuildFolder(folder);
  } catch (error) {
    emit({ event: 'folder_kept', folder, reason: messageOf(error) });
  }
}
