import type { ActiveBuild } from '../app/active-builds.ts';
import type { Upload, UploadInParts } from '../app/create-upload.ts';
import type { Delivery } from '../app/deliver.ts';
import type { FileLink } from '../app/link-file.ts';
import type { QueuePlace } from '../app/queue-place.ts';
import type { Build } from '../domain/build.ts';
import type { Reply } from './api.ts';

/** The old command lines' schema knows no `cancelled` and would break on it: to them it is a failure that says so. */
const statusOf = ({ state }: Build) => (state === 'cancelled' ? 'failed' : state);

export function statusView(build: Build, maxAttempts: number) {
  const { id, platform, state, attempt, spentAttempts, submittedAt, startedAt, finishedAt, result } = build;
  return {
    id,
    status: statusOf(build),
    state,
    platform,
    worker_id: build.holder?.workerId ?? null,
    attempt,
    spent_attempts: spentAttempts,
    max_attempts: maxAttempts,
    submitted_at: submittedAt,
    started_at: startedAt ?? null,
    completed_at: finishedAt ?? null,
    error_message: build.failure?.message ?? null,
    failure_kind: build.failure?.kind ?? null,
    result_sha256: result?.sha256 ?? null,
    result_size: result?.size ?? null,
    result_filename: result?.filename ?? null,
    ...wishesView(build),
    ...(build.originalBuildId !== undefined && { original_build_id: build.originalBuildId }),
  };
}

/** The whole record, field by field: what is not named here (tokens, keys of files) is not shown. */
export function buildView(build: Build, maxAttempts: number) {
  const { queuedAt, buildingSince, leaseUntil, source, holder, result } = build;
  return {
    ...statusView(build, maxAttempts),
    worker_name: holder?.workerName ?? null,
    queued_at: queuedAt,
    building_since: buildingSince ?? null,
    lease_until: leaseUntil ?? null,
    source_size: source?.size ?? null,
    source_sha256: source?.sha256 ?? null,
    has_result: result !== undefined,
    submitted_by: build.submittedBy ?? null,
  };
}

/** All but the state is null for a build that does not wait. */
export function queueView({ id, state }: Build, place: QueuePlace | undefined) {
  return {
    id,
    state,
    ahead: place?.ahead ?? null,
    may_be_more: place?.mayBeMore ?? null,
    workers: place?.workers ?? null,
    usual_build_ms: place?.usualMs ?? null,
    starts_in_ms: place?.startsInMs ?? null,
    // Who paused it is for those who may look at the queue, and not for whoever has a build's token.
    paused: place?.pause ? { reason: place.pause.reason, since: place.pause.since } : null,
  };
}

export function activeView({ build, signs }: ActiveBuild) {
  const { id, state, platform, holder, startedAt } = build;
  return {
    id,
    status: state,
    platform,
    worker_id: holder?.workerId ?? null,
    started_at: startedAt ?? null,
    worker_name: holder?.workerName ?? null,
    attempt: build.attempt,
    submitted_at: build.submittedAt,
    building_since: build.buildingSince ?? null,
    lease_until: build.leaseUntil ?? null,
    last_heartbeat_at: signs.heartbeatAt ?? null,
    stage: signs.stage ?? null,
    progress: signs.progress ?? null,
    ...wishesView(build),
  };
}

/** A sentence tells one failure from another; a page of whole ones could be 200 KB. */
const LISTED_MESSAGE_CHARACTERS = 300;

/**
 * `completedAt` is left out, not null, where there is none: the old schema refuses null there, and knows nothing of what
 * follows the times in words.
 */
export function listView(build: Build) {
  const { id, platform, state, submittedAt, finishedAt, holder, failure } = build;
  const completed = finishedAt === undefined ? {} : { completedAt: new Date(finishedAt).toISOString() };
  const created = { createdAt: new Date(submittedAt).toISOString(), ...completed };
  return {
    id,
    status: state,
    platform,
    ...created,
    ...wishesView(build),
    submitted_at: submittedAt,
    queued_at: build.queuedAt,
    started_at: build.startedAt ?? null,
    building_since: build.buildingSince ?? null,
    completed_at: finishedAt ?? null,
    attempt: build.attempt,
    spent_attempts: build.spentAttempts,
    worker_id: holder?.workerId ?? null,
    worker_name: holder?.workerName ?? null,
    failure_kind: failure?.kind ?? null,
    error_message: failure?.message.slice(0, LISTED_MESSAGE_CHARACTERS).toWellFormed() ?? null,
    submitted_by: build.submittedBy ?? null,
    original_build_id: build.originalBuildId ?? null,
  };
}

const wishesView = ({ labels = [], priority = 0 }: Build) => ({ labels, priority });

export function uploadView({ uploadId, url, headers, expiresAt }: Upload) {
  return { upload_id: uploadId, method: 'PUT', url, headers, expires_at: expiresAt };
}

/** Nothing has to be sent. */
export const storedView = (uploadId: string) => ({ upload_id: uploadId, is_stored: true });

/** `parts` are addresses for what has not arrived, the first hundred of `missing_parts`. */
export function partedUploadView({ uploadId, partSize, partCount, missing, tickets }: UploadInParts) {
  const parts = tickets.map(({ number, size, url, headers, expiresAt }) => {
    return { number, size, url, headers, expires_at: expiresAt };
  });
  const counts = { part_size: partSize, part_count: partCount, missing_parts: missing };
  return { upload_id: uploadId, method: 'PUT', ...counts, parts };
}

/** A repeated submit answers the build as it is by now. */
export function submittedView(build: Build, token: string) {
  const { id, platform, submittedAt } = build;
  return { id, status: statusOf(build), platform, submitted_at: submittedAt, access_token: token };
}

export function linkView({ url, filename, file: { size, sha256 } }: FileLink) {
  return { url, filename, size, sha256 };
}

/** Small files come in the answer; to large ones the client is sent. */
export function deliveryReply(delivery: Delivery): Reply {
  if (delivery.kind === 'link')
    return { status: 302, headers: { location: delivery.url }, body: { url: delivery.url } };
  const headers = {
    'content-type': delivery.contentType,
    'content-disposition': `attachment; filename="${delivery.filename}"`,
  };
  return { status: 200, headers, bytes: delivery.bytes };
}
