import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { count, duration, localTime, percent, plural } from '../format.ts';
import type { Page } from '../page.ts';
import { ProblemNote } from '../parts/problem-note.ts';
import { Plot } from '../plots/plot.ts';
import { summaryOf, type Summary, successBy } from './aggregate.ts';
import type { ListQuery } from './filters.ts';
import type { ListedBuild } from './gather.ts';
import { periodsBetween } from './periods.ts';
import { buildTimePlot, outcomePlot, periodText, pickupPlot } from './plots.ts';
import { SuccessTable } from './success-table.ts';
import { BATCH, type Series, useSeries } from './use-series.ts';

/** How builds went, over the newest thousand or more. */
export function HistoryPlots({ page, filters, isFiltered }: { page: Page; filters: ListQuery; isFiltered: boolean }) {
  const series = useSeries(page, filters);
  const { builds, isLoading, problem } = series;
  const summary = useMemo(() => summaryOf(builds), [builds]);
  return html`
    <section class="history-plots" aria-labelledby="plots" aria-busy=${isLoading}>
      <div class="heading"><h2 id="plots">How they went</h2><${Coverage} page=${page} series=${series} summary=${summary} isFiltered=${isFiltered} /></div>
      ${problem && html`<${ProblemNote} problem=${problem} onAgain=${series.again} />`}
      ${summary && html`<${Tiles} summary=${summary} />`}
      ${summary && html`<${Plots} builds=${builds} summary=${summary} />`}
    </section>
  `;
}

interface CoverageProps {
  readonly page: Page;
  readonly series: Series;
  readonly summary: Summary | undefined;
  readonly isFiltered: boolean;
}

/** What the figures are of: nobody should take the newest thousand for all. */
function Coverage({ page, series, summary, isFiltered }: CoverageProps) {
  const { isCut, isLoading, problem, loadMore } = series;
  if (!summary && problem) return null;
  if (!summary)
    return html`<p class="small" role="status">${isLoading ? 'Reading builds …' : 'There is nothing to show.'}</p>`;
  const now = page.now.value;
  const which = `${isCut ? 'the newest ' : 'all '}${plural(summary.total, 'build')}${isFiltered ? ' like that' : ''}`;
  return html`<p class="small coverage" role="status">
    Of ${which}, submitted from ${localTime(summary.from, now)} to ${localTime(summary.to, now)}${isLoading && ' …'}
    ${isCut && !isLoading && html`<button type="button" class="quiet" onClick=${loadMore}>Read ${count(BATCH)} more</button>`}
  </p>`;
}

function Tiles({ summary: { total, counts, pickupP50, pickupP95, buildP50 } }: { summary: Summary }) {
  const ended = counts.completed + counts.failed;
  return html`
    <dl class="tiles">
      <${Tile} name="Builds" value=${count(total)} note=${counts.live > 0 ? `${count(counts.live)} not ended` : 'all ended'} />
      <${Tile} name="Succeed" value=${percent(counts.completed, ended)} note=${`${count(counts.failed)} failed, ${count(counts.cancelled)} cancelled`} />
      <${Tile} name="Wait for a worker" value=${durationOr(pickupP50)} note=${`half of them; 95 % within ${durationOr(pickupP95)}`} />
      <${Tile} name="Take" value=${durationOr(buildP50)} note="in the middle, of completed builds" />
    </dl>
  `;
}

const durationOr = (ms: number | null) => (ms === null ? '–' : duration(ms));

const Tile = ({ name, value, note }: { name: string; value: string; note: string }) =>
  html`<div class="card tile"><dt>${name}</dt><dd><strong>${value}</strong><span class="small">${note}</span></dd></div>`;

function Plots({ builds, summary }: { builds: readonly ListedBuild[]; summary: Summary }) {
  const shown = useMemo(() => {
    const periods = periodsBetween(summary.from, summary.to);
    return {
      periods,
      plots: [outcomePlot(builds, periods), pickupPlot(builds, periods), buildTimePlot(builds, periods)],
    };
  }, [builds, summary]);
  const timeText = (at: number) => periodText(shown.periods, at);
  return html`
    <div class="plots">${shown.plots.map(
      ({ title, summary: sentence, data }) =>
        html`<${Plot} key=${title} title=${title} summary=${sentence} data=${data} timeText=${timeText} />`,
    )}</div>
    <div class="plots">
      <${SuccessTable} by="worker" rows=${successBy(builds, 'worker')} />
      <${SuccessTable} by="platform" rows=${successBy(builds, 'platform')} />
    </div>
  `;
}
