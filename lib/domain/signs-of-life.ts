import type { Stage } from './telemetry.ts';

/** What was last heard of the attempt that works on a build. What it never told is absent. */
export interface SignsOfLife {
  readonly heartbeatAt?: number;
  readonly stage?: Stage;
  /** Percent. */
  readonly progress?: number;
}
