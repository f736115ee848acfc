import { type Build, isTerminal, type Platform } from '../domain/build.ts';
import { resendAt } from '../domain/due.ts';
import { hasMessages } from '../domain/line.ts';
import { type Timeouts, timeoutOf } from '../domain/timeouts.ts';
import { decide } from '../domain/transitions.ts';
import type { Pauses } from '../domain/pause.ts';
import { sendHint } from './announce.ts';
import type { BuildIndex, BuildQueue, BuildStore, Clock, PauseStore, Report } from './ports.ts';
import { rememberedEach } from './remembered-each.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly index: BuildIndex;
  readonly queue: BuildQueue;
  readonly pauses: PauseStore;
  readonly clock: Clock;
  readonly report: Report;
}

export interface SweepSettings extends Timeouts {
  readonly maxAttempts: number;
}

export interface SweepReport {
  requeued: number;
  lost: number;
  resent: number;
  timedOut: number;
  /** Repairs that threw; the next sweep tries them again. */
  failed: number;
}

/**
 * Repairs what a crash, a lost message or a lost worker left behind: leases that ended go back to pending (or to failed
 * when no attempts are left), pending builds whose message is missing or overdue get one, and what takes too long fails.
 *
 * @param stopAt ms since 1970: no repair begins after it; the rest is due again for the next sweep.
 */
export async function sweep(deps: Deps, settings: SweepSettings, stopAt: number): Promise<SweepReport> {
  const report: SweepReport = { requeued: 0, lost: 0, resent: 0, timedOut: 0, failed: 0 };
  // For the whole sweep; one that finds nothing to do asks nothing.
  const pausesOf = rememberedEach((platform: Platform) => deps.pauses.get(platform), deps.clock);
  // Leases first: what they give back is pending and due at once, and so sent in the same sweep.
  await eachDue(deps, 'leased', report, stopAt, (build) => repairLeased(deps, build, settings, report));
  await eachDue(deps, 'pending', report, stopAt, async (build) =>
    repairPending(deps, build, await pausesOf(build.platform, Number.POSITIVE_INFINITY), settings, report),
  );
  return report;
}

/** One broken build must not keep the others from being repaired: it is reported and counted, and stays due. */
async function eachDue(
  deps: Deps,
  kind: 'pending' | 'leased',
  report: SweepReport,
  stopAt: number,
  repair: (build: Build) => Promise<void>,
): Promise<void> {
  for await (const page of deps.index.due(kind, deps.clock())) {
    for (const { id, build } of page) {
      if (deps.clock() >= stopAt) return;
      try {
        await (build ? repair(build) : rejectUnreadable(deps, id));
      } catch (error) {
        report.failed += 1;
        deps.report({ event: 'repair_failed', buildId: id, error });
      }
    }
  }
}

/** Nobody can do anything with it: it ends as failed instead of waiting, or being held, for ever. */
async function rejectUnreadable(deps: Deps, id: string): Promise<void> {
  if (await deps.builds.rejectUnreadable(id, deps.clock())) {
    deps.report({ event: 'build_failed', buildId: id, kind: 'unreadable' });
  }
}

async function repairLeased(deps: Deps, build: Build, settings: SweepSettings, report: SweepReport): Promise<void> {
  const now = deps.clock();
  const failure = timeoutOf(build, settings, now);
  if (!failure) return takeBack(deps, build, settings.maxAttempts, report);
  if (!(await deps.builds.expire(build, failure, now)).ok) return;
  report.timedOut += 1;
  const holder = build.holder && { workerId: build.holder.workerId };
  deps.report({ event: 'build_failed', buildId: build.id, attempt: build.attempt, kind: failure.kind, ...holder });
}

async function repairPending(
  deps: Deps,
  build: Build,
  pauses: Pauses,
  settings: SweepSettings,
  report: SweepReport,
): Promise<void> {
  const now = deps.clock();
  const failure = timeoutOf(build, settings, now, pauses);
  if (!failure) return pauses.pause && build.sends > 0 ? lookLater(deps, build) : resend(deps, build, report);
  if (!(await deps.builds.reject(build, failure, now))) return;
  report.timedOut += 1;
  deps.report({ event: 'build_failed', buildId: build.id, attempt: build.attempt, kind: failure.kind });
}

/**
 * Nobody receives its message now, so it is not overdue, and a long pause must not fill the queue with copies. One that outlives
 * its message (4 days, see `infra/queues.ts`) is made good at the first look after it.
 */
function lookLater({ builds, clock }: Deps, build: Build): Promise<void> {
  return builds.markSent(build, build.sends, resendAt(clock(), build.sends));
}

async function takeBack(deps: Deps, build: Build, maxAttempts: number, report: SweepReport): Promise<void> {
  const { attempt, leaseUntil, holder } = build;
  if (leaseUntil === undefined || !holder) return;
  const now = deps.clock();
  const decision = decide(build, { type: 'requeue', attempt, leaseUntil, maxAttempts }, now);
  if (!decision.ok) return;
  if (!(await deps.builds.requeue(build, decision.next, now))) return;
  if (isTerminal(decision.next.state)) {
    report.lost += 1;
    deps.report({
      event: 'build_failed',
      buildId: build.id,
      attempt: build.attempt,
      kind: 'lost_worker',
      workerId: holder.workerId,
    });
  } else {
    report.requeued += 1;
    deps.report({ event: 'build_requeued', buildId: build.id, attempt, workerId: holder.workerId });
    await resend(deps, decision.next, report);
  }
}

async function resend(deps: Deps, build: Build, report: SweepReport): Promise<void> {
  if (build.state !== 'pending' || !build.source) return;
  await sendHint(deps, build, build.source);
  if (!hasMessages(build)) return;
  report.resent += 1;
  deps.report({ event: 'build_resent', buildId: build.id, attempt: build.attempt, sends: build.sends + 1 });
}
