/** What AWS counts of a step. */
export interface Counts {
  /** Each try of each call, by service and operation. */
  readonly calls: Readonly<Record<string, number>>;
  /** At the front door. */
  readonly requests: number;
  readonly invocations: number;
  readonly writeUnits: number;
  /** Those of `writeUnits` that went into indexes. */
  readonly indexUnits: number;
  readonly readUnits: number;
  readonly messages: number;
  readonly puts: number;
  readonly gets: number;
  /** Bodies, at the front door. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** What the functions wrote into their logs. */
  readonly logBytes: number;
}

export const FIGURES = [
  'requests',
  'invocations',
  'writeUnits',
  'indexUnits',
  'readUnits',
  'messages',
  'puts',
  'gets',
  'bytesIn',
  'bytesOut',
  'logBytes',
] as const satisfies readonly (keyof Counts)[];

export type Figure = (typeof FIGURES)[number];

export const NOTHING: Counts = {
  calls: {},
  ...(Object.fromEntries(FIGURES.map((figure) => [figure, 0])) as Record<Figure, number>),
};

export function sum(all: readonly Counts[]): Counts {
  const calls: Record<string, number> = {};
  for (const counts of all) {
    for (const [call, times] of Object.entries(counts.calls)) calls[call] = (calls[call] ?? 0) + times;
  }
  const total = (figure: Figure) => all.reduce((so, counts) => so + counts[figure], 0);
  return { calls, ...(Object.fromEntries(FIGURES.map((figure) => [figure, total(figure)])) as Record<Figure, number>) };
}

export function times(counts: Counts, by: number): Counts {
  const scaled = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value * by]));
  const { calls, ...figures } = counts;
  return { calls: scaled(calls), ...(scaled(figures) as Record<Figure, number>) };
}

/** The same counts in a fixed order, for files. */
export const tidy = ({ calls, ...counts }: Counts): Counts => ({
  calls: Object.fromEntries(Object.entries(calls).sort(([a], [b]) => a.localeCompare(b))),
  ...(Object.fromEntries(FIGURES.map((figure) => [figure, counts[figure]])) as Record<Figure, number>),
});
