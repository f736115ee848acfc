import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';
import { LiveBody } from '../parts/live-body.ts';
import { hrefOf } from '../route.ts';
import { useLive } from '../use-live.ts';
import { BuildRows } from './build-rows.ts';
import { FilterBar } from './filter-bar.ts';
import { filtersOf, listQuery } from './filters.ts';
import { type Gathered, gather } from './gather.ts';
import { HistoryPlots } from './history-plots.ts';

interface Props {
  readonly page: Page;
  /** The filters, as the address has them, and where the list begins. */
  readonly query: Readonly<Record<string, string>>;
}

const ROWS = 50;
/** Each looks at no more than some hundred builds. */
const MOST_CALLS = 5;
/** Only the newest builds change under the reader. */
const PACE_MS = 10_000;

/** The builds there are and were: how they went, and which they are. */
export function HistoryView({ page, query }: Props) {
  const address = JSON.stringify(query);
  const filters = useMemo(() => filtersOf(query), [address]);
  const asked = useMemo(() => listQuery(filters), [filters]);
  const { cursor } = query;
  const live = useLive(
    page,
    (signal) => gather(page.api, asked, { cursor, atMost: ROWS, mostCalls: MOST_CALLS, signal }),
    () => (cursor === undefined ? PACE_MS : undefined),
    [address],
  );
  return html`
    <${Heading} title="Builds" />
    <${FilterBar} page=${page} filters=${filters} />
    ${cursor === undefined && html`<${HistoryPlots} key=${address} page=${page} filters=${asked} isFiltered=${Object.keys(filters).length > 0} />`}
    <section aria-labelledby="list">
      <h2 id="list">${cursor === undefined ? 'Newest first' : 'Older builds'}</h2>
      <${LiveBody} live=${live} waitingFor="the builds">${(found: Gathered) => html`<${List} page=${page} found=${found} query=${query} />`}<//>
    </section>
  `;
}

function List({ page, found: { builds, next }, query }: Props & { found: Gathered }) {
  const { cursor, ...filters } = query;
  const links = html`
    <nav class="pager" aria-label="Pages">
      ${cursor !== undefined && html`<a class="button" href=${hrefOf({ view: 'history', query: filters })}>Newest</a>`}
      ${next !== undefined && html`<a class="button" href=${hrefOf({ view: 'history', query: { ...filters, cursor: next } })}>Older</a>`}
    </nav>
  `;
  if (builds.length > 0) return html`<div class="card"><${BuildRows} page=${page} builds=${builds} /></div>${links}`;
  const text = next === undefined ? 'No build is like that.' : 'None so far: there are older builds to look through.';
  return html`<p class="card empty">${text}</p>${links}`;
}
