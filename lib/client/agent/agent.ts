import type { Polled } from '../answers.ts';
import { ignoreAbort } from '../clock.ts';
import type { Answer, Connection } from '../request.ts';
import { UNTIL_STOPPED, withRetries } from '../retry.ts';
import { BuildStopped } from './build-stopped.ts';
import type { Emit } from './events.ts';
import { grantedMs } from './lease.ts';
import type { ConfigOverrides } from './project-config.ts';
import { type BuildResult, runBuild } from './run-build.ts';
import { isControllerTrouble, messageOf, type PollSignals, Session } from './session.ts';
import { removeStaleFolders } from './work-dir.ts';
import { WorkerApi, type WorkerIdentity } from './worker-api.ts';

export interface AgentOptions extends Connection {
  readonly worker: WorkerIdentity;
  readonly workDir: string;
  readonly isOnce: boolean;
  readonly overrides: ConfigOverrides;
  /** Instead of what the controller says; for tests and demonstrations. */
  readonly heartbeatMs?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly emit: Emit;
}

export interface Agent {
  /** Works until told to leave; answers how the last build ended, if there was one. */
  run(): Promise<BuildResult | undefined>;
  /** Once: finish the build, then leave. Twice: end the build, report it, leave. */
  interrupt(): void;
  /** Whether it was interrupted twice. */
  isStopped(): boolean;
}

/** Whatever the controller says: a worker must not become a load test. */
const MIN_POLL_MS = 200;

export function createAgent(options: AgentOptions): Agent {
  const leaving = new AbortController();
  const stopping = new AbortController();
  return {
    run: async () => {
      try {
        return await work(options, { leaving: leaving.signal, stopping: stopping.signal });
      } catch (error) {
        // Told to leave while it waited for a controller: nothing is lost.
        if (leaving.signal.aborted && error === leaving.signal.reason) return undefined;
        if (stopping.signal.aborted && error === stopping.signal.reason) return undefined;
        throw error;
      } finally {
        options.emit({ event: 'stopped' });
      }
    },
    interrupt: () => {
      if (leaving.signal.aborted) return stopping.abort(new BuildStopped('worker_stopped'));
      options.emit({ event: 'draining' });
      leaving.abort();
    },
    isStopped: () => stopping.signal.aborted,
  };
}

async function work(options: AgentOptions, signals: PollSignals): Promise<BuildResult | undefined> {
  const { worker, clock, random, emit } = options;
  await removeStaleFolders(options.workDir);
  const api = new WorkerApi(options, worker);
  const session = await Session.open({ api, worker, clock, random, emit }, signals.leaving);
  let last: BuildResult | undefined;
  while (!signals.leaving.aborted) {
    const { body, headers, sentAt } = await pollUntilAnswered(session, options, signals);
    if (!body.job) {
      await clock.wait(Math.max(body.next_poll_ms, MIN_POLL_MS), signals.leaving).catch(ignoreAbort(signals.leaving));
      continue;
    }
    const leaseMs = grantedMs(body.job.lease_until, headers.get('date'), session.current.lease_seconds * 1000);
    session.activeBuilds = 1;
    const deps = { ...options, api, session, workerName: worker.name, stop: signals.stopping };
    last = await runBuild(deps, { job: body.job, leaseMs, askedAt: sentAt });
    session.activeBuilds = 0;
    if (options.isOnce) break;
  }
  return last;
}

/** A controller that is away, or in trouble, is waited for. */
function pollUntilAnswered(session: Session, options: AgentOptions, signals: PollSignals): Promise<Answer<Polled>> {
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
