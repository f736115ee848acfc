import uPlot from 'uplot';
import type { PlotColor, PlotData } from './plot-data.ts';
import { stacked } from './stacked.ts';

const HEIGHT = 190;
const FONT = '12px system-ui, sans-serif';

type Names = `plot-${PlotColor}` | 'muted' | 'line';

/** Draws a plot into an element, and again whenever that has another width or the page other colours. Answers what ends it. */
export function drawChart(element: HTMLElement, data: PlotData): () => void {
  let chart: uPlot | undefined;
  const draw = () => {
    chart?.destroy();
    chart = new uPlot(optionsOf(element, data), valuesOf(data), element);
  };
  draw();
  const onWidth = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: HEIGHT }));
  onWidth.observe(element);
  const onTheme = new MutationObserver(draw);
  onTheme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', draw);
  return () => {
    onWidth.disconnect();
    onTheme.disconnect();
    dark.removeEventListener('change', draw);
    chart?.destroy();
  };
}

/** What stands on top is drawn first, and what is below it over it. */
function valuesOf({ times, series, kind }: PlotData): uPlot.AlignedData {
  const values = kind === 'stacked' ? stacked(series).toReversed() : series.map((one) => [...one.values]);
  return [[...times], ...values];
}

function optionsOf(element: HTMLElement, data: PlotData): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: Names) => style.getPropertyValue(`--${name}`).trim();
  const shown = data.kind === 'stacked' ? data.series.toReversed() : data.series;
  const hasRight = data.series.some(({ isOnRight }) => isOnRight);
  const fromZero = {
    range: (_chart: uPlot, _least: number | null, most: number | null) => [0, (most || 1) * 1.06] as [number, number],
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    ms: 1,
    legend: { live: true },
    cursor: { drag: { x: false, y: false }, points: { show: data.kind === 'lines' }, y: false },
    scales: { y: fromZero, ...(hasRight && { right: fromZero }) },
    axes: [
      { ...axisLook(color), grid: { show: false }, values: timeTexts },
      { ...axisLook(color), size: 60, values: (_chart, marks) => marks.map(data.format), ...stepsOf(data) },
      ...(hasRight
        ? [
            {
              ...axisLook(color),
              scale: 'right',
              side: 1,
              size: 60,
              grid: { show: false },
              values: (_chart: uPlot, marks: number[]) => marks.map(data.formatRight ?? data.format),
            },
          ]
        : []),
    ],
    series: [
      { label: 'Time', value: (_chart, at) => (at === null ? '–' : new Date(at).toLocaleString()) },
      ...shown.map((one) => {
        const format = one.isOnRight ? (data.formatRight ?? data.format) : data.format;
        return {
          label: one.name,
          scale: one.isOnRight ? 'right' : 'y',
          // What the legend tells is the value itself, not where its bar ends.
          value: (_chart: uPlot, _shown: number, _series: number, index: number | null) =>
            valueText(one.values, index, format),
          ...(data.kind === 'stacked' ? barLook(color(`plot-${one.color}`)) : lineLook(color(`plot-${one.color}`))),
        };
      }),
    ],
  };
}

function valueText(
  values: readonly (number | null)[],
  index: number | null,
  format: (value: number) => string,
): string {
  const value = index === null ? undefined : values[index];
  return value === undefined || value === null ? '–' : format(value);
}

const DAY_MS = 86_400_000;
const HOURS = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAYS = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** Times of a day, with the day below the first of each; or days. */
function timeTexts(_chart: uPlot, marks: number[], _axis: number, _space: number, stepMs: number): string[] {
  if (stepMs >= DAY_MS) return marks.map((at) => DAYS.format(at));
  return marks.map((at, index) => {
    const day = DAYS.format(at);
    return index === 0 || DAYS.format(marks[index - 1]) !== day ? `${HOURS.format(at)}\n${day}` : HOURS.format(at);
  });
}

const stepsOf = ({ steps }: PlotData) => (steps ? { incrs: [...steps] } : {});

const axisLook = (color: (name: Names) => string) => ({
  stroke: color('muted'),
  font: FONT,
  grid: { stroke: color('line'), width: 1 },
  ticks: { show: false },
});

const bars = uPlot.paths.bars?.({ size: [0.72, 36], align: 1 });

const barLook = (color: string) => ({
  ...(bars && { paths: bars }),
  fill: color,
  stroke: color,
  width: 0,
  points: { show: false },
});

const lineLook = (color: string) => ({
  stroke: color,
  width: 2,
  spanGaps: true,
  points: { show: true, size: 5, fill: color },
});
