import { type Growth, growthsOf, onScene, type Row, transferAll } from '../../transfers/large-files.ts';
import type { Machine } from '../report/machine.ts';
import { type Backlog, measureBacklog } from './backlog.ts';
import { type Contention, measureContention } from './contention.ts';
import { type LogIngest, measureLogIngest } from './log-ingest.ts';
import { measureSizes, type Sizes } from './sizes.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

interface Transfers {
  readonly rows: readonly Row[];
  readonly growths: readonly Growth[];
}

/** What each part found. */
export interface Parts {
  readonly throughput: Throughput;
  readonly contention: readonly Contention[];
  readonly backlog: Backlog;
  readonly sizes: Sizes;
  readonly logs: LogIngest;
  readonly transfers: Transfers;
}

export type PartName = keyof Parts;

/** Each with the machine as it was then: parts may be measured one by one. */
export type LifecycleRecord = { readonly [P in PartName]: { readonly machine: Machine; readonly found: Parts[P] } };

interface Volumes {
  readonly rounds: number;
  /** Of the backlog, which takes a minute each. */
  readonly backlogRounds: number;
  readonly builds: number;
  readonly contended: number;
  readonly backlog: number;
  readonly sizes: readonly number[];
  readonly calls: number;
  readonly logSeconds: number;
}

export const FULL: Volumes = {
  rounds: 5,
  backlogRounds: 3,
  builds: 80,
  contended: 1_000,
  backlog: 10_000,
  sizes: [10, 10_000, 100_000],
  calls: 20,
  logSeconds: 60,
};

/** Shows that everything works, and no more. */
export const QUICK: Volumes = {
  rounds: 2,
  backlogRounds: 2,
  builds: 16,
  contended: 60,
  backlog: 200,
  sizes: [10, 100, 1_000],
  calls: 5,
  logSeconds: 3,
};

export const PARTS: { readonly [P in PartName]: (volumes: Volumes) => Promise<Parts[P]> } = {
  throughput: ({ rounds, builds }) => measureThroughput(rounds, builds),
  contention: ({ rounds, contended }) => measureContention(rounds, contended),
  backlog: ({ backlog, backlogRounds }) => measureBacklog(backlog, backlogRounds),
  sizes: ({ sizes, rounds, calls }) => measureSizes(sizes, { rounds: 4 * rounds, calls, restarts: rounds }),
  logs: ({ logSeconds }) => measureLogIngest(logSeconds),
  transfers: async () => {
    const rows = await onScene(transferAll);
    return { rows, growths: growthsOf(rows) };
  },
};

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];
