import type { PollAnswer } from '../app/assign-build.ts';
import type { Assignment } from '../app/grant-build.ts';
import type { Registered } from '../app/register-worker.ts';
import { meanBuildMs, type Quarantine, quarantinedUntil, type Worker, workerState } from '../domain/worker.ts';

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

/** A worker as people see it. Its tokens are not shown. */
export function workerView(worker: Worker, now: number, quarantine: Quarantine) {
  const { id, name, platforms, registeredAt, lastSeenAt, current, completedBuilds, failedBuilds } = worker;
  return {
    id,
    name,
    state: workerState(worker, now, quarantine),
    is_draining: worker.isDraining,
    quarantined_until: quarantinedUntil(worker, now, quarantine) ?? null,
    capabilities: { platforms },
    labels: worker.labels ?? [],
    registered_at: registeredAt,
    last_seen_at: lastSeenAt,
    current_build_id: current?.buildId ?? null,
    current_attempt: current?.attempt ?? null,
    completed_builds: completedBuilds,
    failed_builds: failedBuilds,
    mean_build_ms: meanBuildMs(worker) ?? null,
  };
}

/** The old Mac app decodes whole numbers only, and shows figures of its own invention where it cannot. */
export function workerStatsView(worker: Worker, now: number, quarantine: Quarantine) {
  const { completedBuilds, failedBuilds, name, registeredAt } = worker;
  const state = workerState(worker, now, quarantine);
  return {
    totalBuilds: completedBuilds + failedBuilds,
    successfulBuilds: completedBuilds,
    failedBuilds,
    workerName: name,
    // It knows three states; a worker that is kept from builds is one without.
    status: state === 'building' || state === 'offline' ? state : 'idle',
    uptime: uptimeText(now - registeredAt),
  };
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** The two largest units: `1d 2h`, `3h 4m`, `5m 6s`, `7s`. */
function uptimeText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  const parts = UNITS.slice(first === -1 ? UNITS.length - 1 : first).slice(0, 2);
  let left = seconds;
  return parts
    .map(([unit, size]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return `${count}${unit}`;
    })
    .join(' ');
}
