/** As `--plot-…` in `style/colors.css`. */
export type PlotColor = 'good' | 'bad' | 'away' | 'busy' | 'special';

export interface PlotSeries {
  readonly name: string;
  readonly color: PlotColor;
  /** One for each place on the axis of time; null: nothing to show. */
  readonly values: readonly (number | null)[];
  /** Measured in something else than the other series: it has its own axis, on the right. */
  readonly isOnRight?: true;
}

export interface PlotData {
  /** In ms, rising. */
  readonly times: readonly number[];
  readonly series: readonly PlotSeries[];
  /** Bars that stand on one another, the first at the bottom; else lines. */
  readonly kind: 'stacked' | 'lines';
  /** How a value is written, on the axis and beside the name. */
  readonly format: (value: number) => string;
  readonly formatRight?: (value: number) => string;
  /** The steps that the axis may have, where they are no decimal ones. */
  readonly steps?: readonly number[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Of an axis of durations in ms. */
export const DURATION_STEPS: readonly number[] = [
  ...[10, 50, 100, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 8, 12, 24, 48, 96].map((hours) => hours * HOUR),
];

/** As short as an axis wants it: `30 s`, `5 min`, `1.5 h`. */
export function shortDuration(ms: number): string {
  if (ms === 0) return '0';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  const [size, unit] = ms < MINUTE ? [SECOND, 's'] : ms < HOUR ? [MINUTE, 'min'] : [HOUR, 'h'];
  return `${Math.round((ms / size) * 10) / 10} ${unit}`;
}
