import type { BuildState } from '../../lib/domain/build.ts';

/** What the plots need of one build in the list; times in ms. */
export interface HistoryBuild {
  readonly status: BuildState;
  readonly platform: string;
  readonly submitted_at: number;
  /** Since when it waited for its latest attempt. */
  readonly queued_at: number;
  /** When the latest attempt was assigned. */
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly worker_id: string | null;
  readonly worker_name: string | null;
}

export const OUTCOMES = ['completed', 'failed', 'cancelled', 'live'] as const;
/** `live`: it has not ended yet. */
export type Outcome = (typeof OUTCOMES)[number];

export function outcomeOf({ status }: Pick<HistoryBuild, 'status'>): Outcome {
  return status === 'completed' || status === 'failed' || status === 'cancelled' ? status : 'live';
}

/** How long it waited for the worker that has it or had it last. */
export function pickupMs({ started_at: startedAt, queued_at: queuedAt }: HistoryBuild): number | undefined {
  return startedAt === null ? undefined : Math.max(0, startedAt - queuedAt);
}

/** How long its last attempt took, of a build that was completed: what failed may have failed at once. */
export function buildMs({ status, started_at: from, completed_at: to }: HistoryBuild): number | undefined {
  return status !== 'completed' || from === null || to === null ? undefined : Math.max(0, to - from);
}
