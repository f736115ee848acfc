/**
 * How often the page asks while somebody looks at it; hidden, it never does. `test/dashboard/requests.test.ts` counts what
 * comes of it in a day, and the README says it.
 */
const BUSY_MS = 5_000;
const QUIET_MS = 15_000;
export const CREW_PACE_MS = 15_000;

interface Waiting {
  readonly queues: readonly { readonly waiting: number; readonly running: number }[];
}

export const queuesPaceMs = ({ queues }: Waiting) =>
  queues.some(({ waiting, running }) => waiting + running > 0) ? BUSY_MS : QUIET_MS;

export const runningPaceMs = ({ builds }: { readonly builds: readonly unknown[] }) =>
  builds.length > 0 ? BUSY_MS : QUIET_MS;
