import { html } from 'htm/preact';
import { duration, platformName, shortId } from '../format.ts';
import type { Page } from '../page.ts';
import { BuildBadge, Labels } from '../parts/badge.ts';
import { type Column, Table } from '../parts/table.ts';
import { Elapsed, Time } from '../parts/time.ts';
import { hrefOf } from '../route.ts';
import type { ListedBuild } from './gather.ts';
import { pickupMs } from './history-build.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Build' },
  { title: 'State' },
  { title: 'Worker' },
  { title: 'Submitted' },
  { title: 'Waited', isNumber: true },
  { title: 'Took', isNumber: true },
];

/** Builds as a table, one row each. */
export function BuildRows({ page, builds }: { page: Page; builds: readonly ListedBuild[] }) {
  const rows = builds.map((build) => ({
    key: build.id,
    cells: [
      buildCell(build),
      stateCell(build),
      build.worker_name ?? build.worker_id ?? '–',
      html`<${Time} page=${page} at=${build.submitted_at} />`,
      waitedCell(page, build),
      tookCell(page, build),
    ],
  }));
  return html`<${Table} caption="Builds, newest first" columns=${COLUMNS} rows=${rows} />`;
}

const buildCell = ({ id, platform, labels, priority, attempt }: ListedBuild) => html`
  <a class="mono" href=${hrefOf({ view: 'build', id })} title=${id}>${shortId(id)}</a>
  ${' '}<span class="small">${platformName(platform)}${attempt > 1 && `, attempt ${attempt}`}${priority > 0 && `, priority ${priority}`}</span>
  <${Labels} labels=${labels} />
`;

const stateCell = ({ status, error_message: error }: ListedBuild) => html`
  <${BuildBadge} state=${status} />
  ${error !== null && status === 'failed' && html`<div class="small row-error" title=${error}>${error.split('\n')[0]}</div>`}
`;

const waitedCell = (page: Page, build: ListedBuild) => {
  if (build.status === 'pending') return html`<${Elapsed} page=${page} at=${build.queued_at} />`;
  const ms = pickupMs(build);
  return ms === undefined ? '–' : duration(ms);
};

const tookCell = (page: Page, { status, started_at: from, completed_at: to }: ListedBuild) => {
  if (from === null || status === 'pending') return '–';
  return to === null ? html`<${Elapsed} page=${page} at=${from} />` : duration(to - from);
};
