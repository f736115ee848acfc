import type { PlotSeries } from './plot-data.ts';

/** Each series with what stands below it added; of nulls nothing is added. */
export function stacked(series: readonly PlotSeries[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map(({ values }) =>
    values.map((value, index) => {
      const sum = (sums[index] ?? 0) + (value ?? 0);
      sums[index] = sum;
      return sum;
    }),
  );
}
