import { count } from '../format.ts';
import { DURATION_STEPS, type PlotData, shortDuration } from '../plots/plot-data.ts';
import { countByOutcome, type Spread, spreadOf } from './aggregate.ts';
import { buildMs, type HistoryBuild, pickupMs } from './history-build.ts';
import type { Periods } from './periods.ts';

export interface NamedPlot {
  readonly title: string;
  readonly summary: string;
  readonly data: PlotData;
}

/** How a period is named, by its beginning. */
export function periodText({ kind }: Periods, at: number): string {
  const day = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const options = kind === 'hour' ? { ...day, hour: '2-digit', minute: '2-digit' } : day;
  return new Intl.DateTimeFormat(undefined, options as Intl.DateTimeFormatOptions).format(at);
}

const OUTCOME_SERIES = [
  { outcome: 'completed', name: 'Completed', color: 'good' },
  { outcome: 'failed', name: 'Failed', color: 'bad' },
  { outcome: 'cancelled', name: 'Cancelled', color: 'away' },
  { outcome: 'live', name: 'Not ended', color: 'busy' },
] as const;

export function outcomePlot(builds: readonly HistoryBuild[], periods: Periods): NamedPlot {
  const counts = countByOutcome(builds, periods);
  const series = OUTCOME_SERIES.filter(({ outcome }) => counts[outcome].some((value) => value > 0)).map(
    ({ outcome, name, color }) => ({ name, color, values: counts[outcome] }),
  );
  const sums = periods.starts.map((_start, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const most = Math.max(0, ...sums);
  return {
    title: `Builds per ${periods.kind}`,
    summary: `By how they ended and when they were submitted; ${count(most)} in the busiest ${periods.kind}.`,
    data: { kind: 'stacked', times: periods.starts, series, format: count },
  };
}

export const pickupPlot = (builds: readonly HistoryBuild[], periods: Periods): NamedPlot => ({
  title: 'Wait for a worker',
  summary: 'From when a build began to wait until it was assigned, of its latest attempt.',
  data: spreadPlot(spreadOf(builds, periods, pickupMs), periods),
});

export const buildTimePlot = (builds: readonly HistoryBuild[], periods: Periods): NamedPlot => ({
  title: 'Build time',
  summary: 'From assigned to completed, of builds that were completed.',
  data: spreadPlot(spreadOf(builds, periods, buildMs), periods),
});

function spreadPlot({ p50, p95 }: Spread, { starts }: Periods): PlotData {
  return {
    kind: 'lines',
    times: starts,
    series: [
      { name: 'half within (p50)', color: 'busy', values: p50 },
      { name: '95 % within (p95)', color: 'special', values: p95 },
    ],
    format: shortDuration,
    steps: DURATION_STEPS,
  };
}
