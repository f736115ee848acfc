import { idlePollMs, nextPollMs, type Worker } from '../../../lib/domain/worker.ts';
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

/** As if somebody saw the whole fleet: each worker is told to come so long after the one before it that all have the same distances. */
const evenly =
  (ms: number): PaceMaker =>
  () => {
    const expected = new Map<string, number>();
    return ({ id }, now) => {
      for (const [other, at] of expected) if (at < now) expected.delete(other);
      expected.delete(id);
      const at = Math.max(now, ...expected.values()) + ms / (expected.size + 1);
      expected.set(id, at);
      return at - now;
    };
  };

/** As the controller says it: one fleet is one execution environment's. */
export const hint = (): Pace => spreadPolls();

/** What the others are compared with. */
export const BASE = 'each 5 s';
export const NOW = 'now, as the controller says';
const ALONE = 'the same, each worker by itself';
export const EVENLY = 'each 16.7 s, evenly through the fleet: 0.3 of the polls, whatever comes';

export const PACES: Readonly<Record<string, PaceMaker>> = {
  [BASE]: fixed(5_000),
  'each 30 s': fixed(30_000),
  [NOW]: hint,
  [ALONE]: () => nextPollMs,
  [EVENLY]: evenly(16_700),
  'before: 2 s for a minute, 5 s for 12 min, then 30 s': tiers(
    [
      [MINUTE, 2_000],
      [12 * MINUTE, 5_000],
    ],
    30_000,
  ),
  '5 s for 30 min, then 30 s': tiers([[30 * MINUTE, 5_000]], 30_000),
  '5 s for 15 min, then 45 s': tiers([[15 * MINUTE, 5_000]], 45_000),
  '4 s for 30 min, then 60 s': tiers([[30 * MINUTE, 4_000]], 60_000),
};

/** The numbers of the controller's rule: how long after a build it is likely, what the fleet and a worker then pause. */
export interface Swept {
  readonly likelyMs: number;
  readonly gapMs: number;
  readonly quickestMs: number;
}

/** As they are; a test holds that the rule by these is the controller's. */
const PRESENT: Swept = { likelyMs: 60 * MINUTE, gapMs: 1_400, quickestMs: 6_000 };

/** The controller's rule by other numbers. */
export const hintBy =
  ({ likelyMs, gapMs, quickestMs }: Swept = PRESENT): PaceMaker =>
  () =>
    spreadPolls((worker, now, chance, { size, releasedAt } = { size: 1, releasedAt: 0 }) => {
      const quietMs = now - Math.max(lastBusyAt(worker), releasedAt);
      const idleMs = idlePollMs(chance);
      if (quietMs >= likelyMs) return idleMs;
      return Math.min(idleMs, Math.round(jittered(Math.max(quickestMs, gapMs * size), chance)));
    });

const CHANGES: readonly Partial<Swept>[] = [
  {},
  { likelyMs: 30 * MINUTE },
  { likelyMs: 120 * MINUTE },
  { gapMs: 1_000 },
  { gapMs: 2_000 },
  { quickestMs: 5_000 },
  { quickestMs: 8_000 },
];

/** One number at a time on both sides of the present ones. */
export const SWEPT = CHANGES.map((change) => {
  const swept = { ...PRESENT, ...change };
  return { ...swept, name: Object.values(swept).join(' '), rule: hintBy(swept) };
});
