export interface HeldClock {
  advance(seconds: number): void;
  release(): void;
}

const HOUR_MS = 3_600_000;

/**
 * The controller's time stands still but for what it is told: what depends on it (which poll notes that a worker was seen,
 * which telemetry is looked at) is the same in every run.
 */
export function holdClock(): HeldClock {
  const { now } = Date;
  let held = Math.ceil(now() / HOUR_MS) * HOUR_MS;
  Date.now = () => held;
  return {
    advance: (seconds) => {
      held += seconds * 1000;
    },
    release: () => {
      Date.now = now;
    },
  };
}
