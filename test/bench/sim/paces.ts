import { nextPollMs, type Worker } from '../../../lib/domain/worker.ts';
import { type Pace, spreadPolls } from '../../../lib/app/spread-polls.ts';

/** A pace may remember whom it has told what: each fleet has its own. */
export type PaceMaker = () => Pace;

const MINUTE = 60_000;
const lastBusyAt = ({ registeredAt, releasedAt = 0 }: Worker) => Math.max(registeredAt, releasedAt);
const jittered = (ms: number, chance: number) => ms * (0.8 + 0.4 * chance);

/** What a client does that follows no hint. */
export const fixed =
  (ms: number): PaceMaker =>
  () =>
  () =>
    ms;

/** Other rules that the controller could have: so long a pause until so long after the worker's last build, then the last one. */
const tiers =
  (steps: readonly (readonly [untilMs: number, pauseMs: number])[], idleMs: number): PaceMaker =>
  () =>
  (worker, now, chance) => {
    const quietMs = now - lastBusyAt(worker);
    return jittered(steps.find(([until]) => quietMs < until)?.[1] ?? idleMs, chance);
  };

/** As the controller says it: one fleet is one execution environment's. */
export const hint = (): Pace => spreadPolls();

/** What the others are compared with. */
export const BASE = 'each 5 s';
export const NOW = 'now, as the controller says';
const BY_CHANCE = 'the same, each worker by chance';

export const PACES: Readonly<Record<string, PaceMaker>> = {
  [BASE]: fixed(5_000),
  'each 30 s': fixed(30_000),
  [NOW]: hint,
  [BY_CHANCE]: () => nextPollMs,
  'before: 2 s for 2 min, then 30 s': tiers([[2 * MINUTE, 2_000]], 30_000),
  '5 s for 30 min, then 30 s': tiers([[30 * MINUTE, 5_000]], 30_000),
  '5 s for 15 min, then 45 s': tiers([[15 * MINUTE, 5_000]], 45_000),
  '4 s for 30 min, then 60 s': tiers([[30 * MINUTE, 4_000]], 60_000),
};
