import type { Assignment, PollAnswer } from '../app/assign-build.ts';
import type { Registered } from '../app/register-worker.ts';

/** Three beats to a lease: one may be lost, and one late. */
const BEATS_PER_LEASE = 3;
const heartbeatSeconds = (leaseSeconds: number) => Math.max(1, Math.floor(leaseSeconds / BEATS_PER_LEASE));

/** `workerID` is the installer's name for the id. */
export function registeredView({ worker, token, isNew }: Registered, leaseSeconds: number) {
  return {
    id: worker.id,
    workerID: worker.id,
    access_token: token,
    status: isNew ? 'registered' : 're-registered',
    message: isNew ? 'Worker registered' : 'Worker registered again',
    lease_seconds: leaseSeconds,
    heartbeat_seconds: heartbeatSeconds(leaseSeconds),
    next_poll_ms: 0,
  };
}

/** @param token the one the worker polled with, if it did: the old clients store what they get. */
export function pollView({ assignment, nextPollMs }: PollAnswer, token: string | undefined, settings: JobSettings) {
  return {
    job: assignment ? jobView(assignment, settings) : null,
    ...(token && { access_token: token }),
    next_poll_ms: nextPollMs,
  };
}

interface JobSettings {
  readonly LEASE_SECONDS: number;
  readonly MAX_ATTEMPTS: number;
}

/** `source_url` is relative: the old workers put the controller's address before it. `otp` must be there for one of them. */
function jobView(assignment: Assignment, settings: JobSettings) {
  const { buildId, platform, submittedAt, attempt, otp, leaseUntil, sourceSize, sourceSha256, hasCerts } = assignment;
  return {
    id: buildId,
    platform,
    source_url: `/api/builds/${buildId}/source`,
    certs_url: hasCerts ? `/api/builds/${buildId}/certs` : null,
    submitted_at: submittedAt,
    otp,
    attempt,
    max_attempts: settings.MAX_ATTEMPTS,
    source_size: sourceSize,
    source_sha256: sourceSha256,
    lease_until: leaseUntil,
    heartbeat_seconds: heartbeatSeconds(settings.LEASE_SECONDS),
  };
}
