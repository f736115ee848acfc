import { nextPollMs, type Worker } from '../../../lib/domain/worker.ts';
import type { Pace } from './simulate.ts';

const MINUTE = 60_000;
const lastBusyAt = ({ registeredAt, releasedAt = 0 }: Worker) => Math.max(registeredAt, releasedAt);
const jittered = (ms: number, chance: number) => ms * (0.8 + 0.4 * chance);

/** What a client does that follows no hint. */
export const fixed =
  (ms: number): Pace =>
  () =>
    ms;

/** Other rules that the controller could have: so long a pause until so long after the worker's last build, then the last one. */
const tiers =
  (steps: readonly (readonly [untilMs: number, pauseMs: number])[], idleMs: number): Pace =>
  (worker, now, chance) => {
    const quietMs = now - lastBusyAt(worker);
    return jittered(steps.find(([until]) => quietMs < until)?.[1] ?? idleMs, chance);
  };

export const hint: Pace = nextPollMs;

/** What the others are compared with. */
export const BASE = 'each 5 s';
export const NOW = 'now, as the controller says';

export const PACES: Readonly<Record<string, Pace>> = {
  [BASE]: fixed(5_000),
  'each 30 s': fixed(30_000),
  [NOW]: hint,
  'before: 2 s for 2 min, then 30 s': tiers([[2 * MINUTE, 2_000]], 30_000),
  '5 s for 30 min, then 30 s': tiers([[30 * MINUTE, 5_000]], 30_000),
  '5 s for 15 min, then 45 s': tiers([[15 * MINUTE, 5_000]], 45_000),
  '4 s for 30 min, then 60 s': tiers([[30 * MINUTE, 4_000]], 60_000),
};
