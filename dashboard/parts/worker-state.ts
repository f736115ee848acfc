import type { Operations } from '../../lib/client/api-types.ts';

export type Worker = Operations['GET /api/workers']['answer']['workers'][number];
export type WorkerState = Worker['state'];

/** In the order in which people look for them. */
export const WORKER_STATES = ['building', 'idle', 'draining', 'quarantined', 'offline'] as const;

/** Those at work first, then by name; of one name the newest. */
export function byState(a: Worker, b: Worker): number {
  const places = WORKER_STATES.indexOf(a.state) - WORKER_STATES.indexOf(b.state);
  return places || a.name.localeCompare(b.name) || b.registered_at - a.registered_at;
}
