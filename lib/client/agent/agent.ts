import { ignoreAbort } from '../clock.ts';
import type { Connection } from '../request.ts';
import type { Limits } from './build-limits.ts';
import { BuildStopped } from './build-stopped.ts';
import type { Emit } from './events.ts';
import { type FreeBytes, freeBytes } from './free-disk.ts';
import type { ConfigOverrides } from './project-config.ts';
import { Quarantine } from './quarantine.ts';
import type { BuildResult } from './run-build.ts';
import type { PollSignals } from './session.ts';
import { workSlot } from './work-slot.ts';
import { removeStaleFolders } from './work-dir.ts';
import type { WorkerIdentity } from './worker-api.ts';

export interface AgentOptions extends Connection {
  readonly worker: WorkerIdentity;
  /** How many builds at a time. To the controller each slot is a worker of its own. */
  readonly slots?: number;
  readonly workDir: string;
  readonly isOnce: boolean;
  readonly overrides: ConfigOverrides;
  readonly limits?: Limits;
  /** How long a build goes on while the controller cannot be reached and its lease has run out. */
  readonly outageMs?: number;
  /** With less room than this no build is asked for. */
  readonly minFreeBytes?: number;
  readonly freeBytes?: FreeBytes;
  /** What to do on a machine on which all builds fail at once. */
  readonly onQuarantine?: 'wait' | 'exit';
  /** Instead of what the controller says; for tests and demonstrations. */
  readonly heartbeatMs?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Names in `env` that builds may see, besides the usual ones. */
  readonly passEnv?: readonly string[];
  readonly emit: Emit;
}

export interface Agent {
  /** Works until told to leave; answers how the last build ended, if there was one. */
  run(): Promise<BuildResult | undefined>;
  /** Once: finish the builds, then leave. Twice: end the builds, give them back, leave. */
  interrupt(): void;
  /** Whether it was interrupted twice. */
  isStopped(): boolean;
}

export function createAgent(options: AgentOptions): Agent {
  const leaving = new AbortController();
  const stopping = new AbortController();
  return {
    run: async () => {
      try {
        await removeStaleFolders(options.workDir);
        return await workSlots(options, leaving, stopping.signal);
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

async function workSlots(
  options: AgentOptions,
  leaving: AbortController,
  stopping: AbortSignal,
): Promise<BuildResult | undefined> {
  const { slots = 1, worker } = options;
  const quarantine = new Quarantine();
  const signals: PollSignals = { leaving: leaving.signal, stopping };
  const work = async (slot: number) => {
    const name = slot === 1 ? worker.name : `${worker.name}-${slot}`;
    const own = { freeBytes, limits: {}, outageMs: 0, minFreeBytes: 0, passEnv: [], ...options };
    try {
      return await workSlot({ ...own, worker: { ...worker, name }, quarantine }, signals);
    } catch (error) {
      if (stopping.aborted && error === stopping.reason) return undefined;
      ignoreAbort(leaving.signal)(error);
      // Told to leave while it waited: nothing is lost.
      if (error === leaving.signal.reason) return undefined;
      throw error;
    }
  };
  const running = Array.from({ length: slots }, (_, index) => work(index + 1));
  // What one of them cannot go on with, the others cannot either: they finish what they have.
  for (const slot of running) slot.catch(() => leaving.abort());
  const ends = await Promise.allSettled(running);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return ends.flatMap((end) => (end.status === 'fulfilled' && end.value ? [end.value] : [])).at(-1);
}
