import type { Polled } from '../answers.ts';
import { ignoreAbort } from '../clock.ts';
import type { Answer, Connection } from '../request.ts';
import { ONCE, UNTIL_STOPPED, withRetries } from '../retry.ts';
import type { BuildDeps } from './build-deps.ts';
import { type DiskDeps, waitForDisk } from './free-disk.ts';
import { grantedMs } from './lease.ts';
import { Quarantined, type Quarantine } from './quarantine.ts';
import { type BuildResult, runBuild } from './run-build.ts';
import { isControllerTrouble, messageOf, type PollSignals, Session } from './session.ts';
import { WorkerApi, type WorkerIdentity } from './worker-api.ts';

type Made = 'api' | 'session' | 'workerName' | 'stop';
export interface SlotOptions extends Connection, Omit<BuildDeps, Made>, DiskDeps {
  readonly worker: WorkerIdentity;
  readonly isOnce: boolean;
  readonly onQuarantine?: 'wait' | 'exit';
  /** Shared by all slots of this machine. */
  readonly quarantine: Quarantine;
}

/** Whatever the controller says: a worker must not become a load test. */
const MIN_POLL_MS = 200;
/** As long as the controller keeps builds from such a worker. */
const QUARANTINE_MS = 3_600_000;

/** One build at a time, until told to leave; answers how the last one ended. */
export async function workSlot(options: SlotOptions, signals: PollSignals): Promise<BuildResult | undefined> {
  const { worker, clock, random, emit } = options;
  const api = new WorkerApi(options, worker);
  const session = await Session.open({ api, worker, clock, random, emit }, signals.leaving);
  try {
    return await work(options, api, session, signals);
  } finally {
    await session.leave(ONCE).catch((error: unknown) => emit({ event: 'goodbye_failed', reason: messageOf(error) }));
  }
}

async function work(
  options: SlotOptions,
  api: WorkerApi,
  session: Session,
  signals: PollSignals,
): Promise<BuildResult | undefined> {
  const { worker, clock, quarantine } = options;
  let last: BuildResult | undefined;
  while (!signals.leaving.aborted) {
    await waitOut(options, signals.leaving);
    await waitForDisk(options, signals.leaving);
    const { body, headers, sentAt } = await pollUntilAnswered(session, options, signals);
    if (!body.job) {
      await clock.wait(Math.max(body.next_poll_ms, MIN_POLL_MS), signals.leaving).catch(ignoreAbort(signals.leaving));
      continue;
    }
    const leaseMs = grantedMs(body.job.lease_until, headers.get('date'), session.current.lease_seconds * 1000);
    session.activeBuilds = 1;
    const deps = { ...options, api, session, workerName: worker.name, stop: signals.stopping };
    const startedAt = clock.now();
    const end = await runBuild(deps, { job: body.job, leaseMs, askedAt: sentAt });
    quarantine.note(end, clock.now() - startedAt);
    last = end.result;
    session.activeBuilds = 0;
    if (options.isOnce) break;
  }
  return last;
}

/** In quarantine no build is asked for; then one, to see whether somebody has mended the machine. */
async function waitOut({ quarantine, onQuarantine, clock, emit }: SlotOptions, leaving: AbortSignal): Promise<void> {
  const { reason } = quarantine;
  if (reason === undefined) return;
  const isLeaving = onQuarantine === 'exit';
  emit({ event: 'quarantined', reason, retry_ms: isLeaving ? null : QUARANTINE_MS });
  if (isLeaving) throw new Quarantined(reason);
  await clock.wait(QUARANTINE_MS, leaving);
  quarantine.release();
}

/** A controller that is away, or in trouble, is waited for. */
function pollUntilAnswered(session: Session, options: SlotOptions, signals: PollSignals): Promise<Answer<Polled>> {
  const { clock, random, emit } = options;
  const baseMs = Math.max(session.current.next_poll_ms, UNTIL_STOPPED.baseMs);
  return withRetries(
    () => session.poll(signals),
    { ...UNTIL_STOPPED, baseMs },
    {
      clock,
      random,
      signal: signals.leaving,
      isWorthAnotherTry: isControllerTrouble,
      onRetry: (error, delayMs) =>
        emit({ event: 'controller_unreachable', reason: messageOf(error), retry_ms: delayMs }),
    },
  );
}
