import type { Clock } from '../clock.ts';
import type { Limits } from './build-limits.ts';
import type { Emit } from './events.ts';
import type { ConfigOverrides } from './project-config.ts';
import type { Session } from './session.ts';
import type { WorkerApi } from './worker-api.ts';

/** What the builds of one slot have in common. */
export interface BuildDeps {
  readonly api: WorkerApi;
  readonly session: Session;
  readonly baseUrl: string;
  readonly workerName: string;
  readonly workDir: string;
  readonly overrides: ConfigOverrides;
  readonly limits: Limits;
  /** How long a build goes on while the controller cannot be reached and its lease has run out. */
  readonly outageMs: number;
  readonly heartbeatMs?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly passEnv: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
  /** Aborted with `BuildStopped('worker_stopped')`: end the build now, and give it back. */
  readonly stop: AbortSignal;
}
