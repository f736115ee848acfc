import type { Job } from '../answers.ts';
import { ApiError } from '../api-error.ts';
import type { Clock } from '../clock.ts';
import { type RetryPolicy, withRetries } from '../retry.ts';
import { BuildStopped } from './build-stopped.ts';
import { refusalReason } from './heartbeats.ts';
import type { Lease } from './lease.ts';
import { isControllerTrouble, type Session } from './session.ts';
import type { Outcome, WorkerApi } from './worker-api.ts';

export interface ReportDeps {
  readonly api: WorkerApi;
  readonly session: Session;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stop: AbortSignal;
}

/** Until accepted or refused, or the lease is lost: a result must not be lost to a restart of the controller. */
const UNTIL_OVER: RetryPolicy = { tries: Number.POSITIVE_INFINITY, baseMs: 500, maxMs: 10_000 };

/** Answers the outcome that was accepted. Throws `BuildStopped` if the build is not ours to report any more. */
export async function reportOutcome(deps: ReportDeps, job: Job, outcome: Outcome, lease: Lease): Promise<Outcome> {
  const { api, session, clock, random } = deps;
  // The second wish to leave ends the repeating; a report under way is not cut off by it, as it may just be accepted.
  const signal = AbortSignal.any([lease.signal, deps.stop]);
  const finish = async () => {
    await lease.held(signal);
    return session.withToken(signal, (token) => api.finish(token, job.id, job.attempt, outcome, lease.signal));
  };
  try {
    await withRetries(finish, UNTIL_OVER, { clock, random, signal, isWorthAnotherTry: isControllerTrouble });
    return outcome;
  } catch (error) {
    lease.signal.throwIfAborted();
    const reason = refusalReason(error);
    if (reason) throw new BuildStopped(reason);
    if (error instanceof BuildStopped) throw error;
    if (!(error instanceof ApiError) || error.status === 401) throw error;
    if (!outcome.success) throw new BuildStopped('refused');
    // The result itself will not do; then the build has failed, and somebody should learn why.
    const message = `The result was refused: ${error.message}`;
    return reportOutcome(deps, job, { success: false, message, failureKind: 'upload' }, lease);
  }
}
