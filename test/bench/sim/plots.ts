import { plotSvg } from '../report/plot.ts';
import type { Row, SimRecord } from './run.ts';

export const PICKUP_PLOT = 'performance/pickup.svg';
export const COST_PLOT = 'performance/cost-a-day.svg';

/** By file name. A fleet has one hue; without the hint its line is dashed. */
export function simPlots({ rows }: SimRecord): Readonly<Record<string, string>> {
  const fleets = [...new Set(rows.map(({ workers }) => workers))];
  const series = (figureOf: (row: Row) => number | undefined) =>
    fleets.flatMap((workers, hue) =>
      [true, false].map((isOn) => ({
        name: `${workers.toLocaleString('en')} workers, hint ${isOn ? 'on' : 'off'}`,
        hue,
        isDashed: !isOn,
        points: rows.flatMap((row): [number, number][] => {
          const value = figureOf(row);
          return row.workers === workers && row.hint === isOn && value ? [[row.buildsPerDay, value]] : [];
        }),
      })),
    );
  const x = 'builds a day';
  const plotted = (all: ReturnType<typeof series>) => all.filter(({ points }) => points.length > 0);
  return {
    [PICKUP_PLOT]: plotSvg({
      title: 'How long builds wait, p50',
      x,
      y: 'seconds',
      series: plotted(series(({ p50 }) => p50)),
    }),
    [COST_PLOT]: plotSvg({
      title: 'What a day costs',
      x,
      y: 'USD',
      series: plotted(series(({ usdPerDay }) => usdPerDay)),
    }),
  };
}
