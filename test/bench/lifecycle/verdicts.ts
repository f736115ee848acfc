import { transferFaults } from '../../transfers/transfer-faults.ts';
import { TARGETS } from '../design/targets.ts';
import type { LifecycleRecord } from './measure.ts';

/** What does not hold, in words; of the parts that were measured. */
export function missed({ backlog, sizes, logs, transfers }: Partial<LifecycleRecord>): string[] {
  const slow = largestRatio(sizes?.found);
  return [
    ...(backlog && backlog.found.ratio < TARGETS.backlogRatio ? [`the backlog sags to ${backlog.found.ratio}`] : []),
    ...(slow && slow.ratio > TARGETS.flatRatio ? [`${slow.what} takes ${slow.ratio} times as long`] : []),
    ...(logs && logs.found.lost + logs.found.misplaced > 0 ? [`${logs.found.lost} lines are lost`] : []),
    ...(transfers ? transferFaults(transfers.found) : []),
  ];
}

/** The request that the largest table slows down most. */
export function largestRatio(found: LifecycleRecord['sizes']['found'] | undefined) {
  const all = (found?.requests ?? []).flatMap(({ what, ratios }) =>
    ratios.map(({ median }, index) => ({ what, builds: found?.sizes[index] ?? 0, ratio: median })),
  );
  return all.toSorted((a, b) => b.ratio - a.ratio)[0];
}
