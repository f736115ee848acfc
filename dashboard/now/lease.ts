import { duration } from '../format.ts';
import type { Tone } from '../parts/badge.ts';

interface Lease {
  readonly until: number | null;
  /** Absent until the first. */
  readonly lastHeartbeatAt: number | null;
}

/** Two heartbeats have been missed when so little is left of 85 s. */
const SOON_MS = 25_000;

/** How sure it is that a worker still works: what is left of its lease, and when it was last heard. */
export function leaseFreshness({ until, lastHeartbeatAt }: Lease, now: number): { tone: Tone; text: string } {
  if (until === null) return { tone: 'away', text: 'no lease' };
  const leftMs = until - now;
  if (leftMs <= 0) return { tone: 'bad', text: `lapsed ${duration(-leftMs)} ago` };
  const left = `${duration(leftMs)} left`;
  if (lastHeartbeatAt === null) return { tone: 'away', text: `not heard yet, ${left}` };
  return { tone: leftMs < SOON_MS ? 'warn' : 'good', text: left };
}
