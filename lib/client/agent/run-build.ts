import type { Job } from '../answers.ts';
import { PATIENT } from '../retry.ts';
import { attemptBuild } from './attempt-build.ts';
import type { BuildDeps } from './build-deps.ts';
import { BuildLog } from './build-log.ts';
import { BuildStopped } from './build-stopped.ts';
import { type HeartbeatDeps, keepLease } from './heartbeats.ts';
import { holdLease, type Lease } from './lease.ts';
import { reportOutcome } from './report-outcome.ts';
import { messageOf } from './session.ts';

export type BuildResult = 'completed' | 'failed' | 'dropped' | 'given_back';

export interface BuildEnd {
  readonly result: BuildResult;
  readonly message?: string;
  /** The project's own fault on whatever machine: its files, its settings, what it names as its artifact. */
  readonly isProjectsFault: boolean;
}

interface Grant {
  readonly job: Job;
  readonly leaseMs: number;
  readonly askedAt: number;
}

/** Whoever has told the worker twice to leave waits for it. */
const HURRIED_LOG_MS = 5_000;

/** One attempt, from the first log line to the accepted result; or dropped, once the lease is not ours any more. */
export async function runBuild(deps: BuildDeps, { job, leaseMs, askedAt }: Grant): Promise<BuildEnd> {
  const { session, clock, emit, outageMs } = deps;
  const ofBuild = { build_id: job.id, attempt: job.attempt };
  emit({ event: 'build_received', ...ofBuild, platform: job.platform });
  const onDoubt = () => emit({ event: 'lease_in_doubt', ...ofBuild });
  const lease = holdLease(clock, leaseMs, askedAt, { outageMs, onDoubt });
  const over = new AbortController();
  const log = openLog(deps, job, lease);
  log.add('info', `Worker ${deps.workerName} (${session.current.id}) started attempt ${job.attempt}`);
  const beats = keepBeating(deps, job, lease, over.signal);
  const silence = async () => {
    over.abort();
    await Promise.all([beats, log.close(HURRIED_LOG_MS)]);
  };
  try {
    const { outcome, isProjectsFault } = await attemptBuild(deps, job, lease, log);
    if (!outcome.success) log.add('error', outcome.message);
    // What was sent while the lease is in doubt might be sent for somebody else's build.
    await lease.held(deps.stop);
    await log.close();
    const accepted = await reportOutcome(deps, job, outcome, lease);
    const error_message = accepted.success ? null : accepted.message;
    emit({ event: 'build_reported', ...ofBuild, success: accepted.success, error_message });
    if (accepted.success) return { result: 'completed', isProjectsFault: false };
    return { result: 'failed', message: accepted.message, isProjectsFault };
  } catch (error) {
    if (!(error instanceof BuildStopped)) throw error;
    if (error.reason === 'worker_stopped') return await giveBack(deps, job, silence);
    emit({ event: 'build_dropped', ...ofBuild, reason: error.reason });
    return { result: 'dropped', isProjectsFault: false };
  } finally {
    lease.end();
    await silence();
  }
}

/** Leaving gives the build to the next worker at once, and costs it no attempt: the build is not to blame. */
async function giveBack(deps: BuildDeps, job: Job, silence: () => Promise<void>): Promise<BuildEnd> {
  const ofBuild = { build_id: job.id, attempt: job.attempt };
  try {
    // A beat or a line after this one would register the worker again.
    await silence();
    await deps.session.leave(PATIENT);
    deps.emit({ event: 'build_given_back', ...ofBuild });
    return { result: 'given_back', isProjectsFault: false };
  } catch (error) {
    // Then its lease runs out, which takes a little longer.
    deps.emit({ event: 'goodbye_failed', reason: messageOf(error) });
    deps.emit({ event: 'build_dropped', ...ofBuild, reason: 'worker_stopped' });
    return { result: 'dropped', isProjectsFault: false };
  }
}

function openLog({ api, session, clock, random }: BuildDeps, { id, attempt }: Job, lease: Lease): BuildLog {
  return new BuildLog({
    clock,
    random,
    lease,
    send: (entries, firstLine, signal) =>
      session.withToken(lease.signal, (token) => api.appendLogs(token, id, { attempt, firstLine }, entries, signal)),
  });
}

function keepBeating(deps: BuildDeps, job: Job, lease: Lease, signal: AbortSignal): Promise<void> {
  const { api, session, clock, random, heartbeatMs = job.heartbeat_seconds * 1000 } = deps;
  const beat: HeartbeatDeps['beat'] = (limits) =>
    session.withToken(lease.signal, (token) => api.heartbeat(token, job.id, job.attempt, limits));
  return keepLease({ clock, random, lease, intervalMs: heartbeatMs, beat }, signal);
}
