import type { LifecycleRecord } from './measure.ts';

/** The design's (§5). */
export const WANTED = { backlog: 0.9, flat: 1.2, memory: 1.2 } as const;

/** What does not hold, in words; of the parts that were measured. */
export function missed({ backlog, sizes, logs, transfers }: Partial<LifecycleRecord>): string[] {
  const slow = largestRatio(sizes?.found);
  const grown = Math.max(...(transfers?.found.growths ?? []).map(({ growth }) => growth));
  return [
    ...(backlog && backlog.found.ratio < WANTED.backlog ? [`the backlog sags to ${backlog.found.ratio}`] : []),
    ...(slow && slow.ratio > WANTED.flat ? [`${slow.what} takes ${slow.ratio} times as long`] : []),
    ...(logs && logs.found.lost + logs.found.misplaced > 0 ? [`${logs.found.lost} lines are lost`] : []),
    ...(grown > WANTED.memory ? [`memory grows ${grown} times`] : []),
  ];
}

/** The request that the largest table slows down most. */
export function largestRatio(found: LifecycleRecord['sizes']['found'] | undefined) {
  const all = (found?.requests ?? []).flatMap(({ what, ratios }) =>
    ratios.map(({ median }, index) => ({ what, builds: found?.sizes[index] ?? 0, ratio: median })),
  );
  return all.toSorted((a, b) => b.ratio - a.ratio)[0];
}
