import { html } from 'htm/preact';
import { count, duration, percent, platformName, shortId } from '../format.ts';
import type { Page } from '../page.ts';
import { Labels, WorkerBadge } from '../parts/badge.ts';
import { type Column, type Row, Table } from '../parts/table.ts';
import { Ago, Time } from '../parts/time.ts';
import { byState, type Worker } from '../parts/worker-state.ts';
import { hrefOf } from '../route.ts';
import { INTENT_WORDS, type Intent, intentsFor } from './worker-actions.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Worker' },
  { title: 'State' },
  { title: 'Can build' },
  { title: 'Builds', isNumber: true },
  { title: 'Success', isNumber: true },
  { title: 'Usual time', isNumber: true },
  { title: 'Last seen' },
];
const ACTIONS: Column = { title: 'Actions', isUntitled: true };

interface Props {
  readonly page: Page;
  readonly workers: readonly Worker[];
  /** Absent: nothing can be done with them. */
  readonly onIntent: ((worker: Worker, intent: Intent) => void) | undefined;
}

export function WorkerRows({ page, workers, onIntent }: Props) {
  const rows = [...workers].sort(byState).map((worker) => rowOf(page, worker, onIntent));
  return html`<${Table} caption="Workers" columns=${onIntent ? [...COLUMNS, ACTIONS] : COLUMNS} rows=${rows} />`;
}

function rowOf(page: Page, worker: Worker, onIntent: Props['onIntent']): Row {
  const { id, name, capabilities, labels, completed_builds: good, failed_builds: bad, mean_build_ms: mean } = worker;
  const cells = [
    html`<strong>${name}</strong><br /><span class="mono small" title=${id}>${shortId(id)}</span>`,
    stateCell(page, worker),
    html`${capabilities.platforms.map(platformName).join(', ')}<${Labels} labels=${labels} />`,
    count(good + bad),
    percent(good, good + bad),
    mean === null ? '–' : duration(mean),
    // At work it does not poll: its build's heartbeats say that it lives.
    worker.state === 'building' ? 'at work' : html`<${Ago} page=${page} at=${worker.last_seen_at} />`,
  ];
  return { key: id, cells: onIntent ? [...cells, buttons(worker, onIntent)] : cells };
}

function stateCell(page: Page, { state, quarantined_until: until, current_build_id: buildId, is_draining }: Worker) {
  return html`
    <${WorkerBadge} state=${state} />
    ${is_draining && state !== 'draining' && html` <span class="small">draining</span>`}
    ${until !== null && html`<div class="small">until <${Time} page=${page} at=${until} /></div>`}
    ${buildId !== null && html`<div class="small">builds <a class="mono" href=${hrefOf({ view: 'build', id: buildId })}>${shortId(buildId)}</a></div>`}
  `;
}

const buttons = (worker: Worker, onIntent: NonNullable<Props['onIntent']>) => html`
  <span class="row-buttons">${intentsFor(worker).map(
    (intent) => html`
      <button type="button" class=${intent === 'revoke' ? 'danger' : ''} aria-label=${`${INTENT_WORDS[intent]} ${worker.name}`} onClick=${() => onIntent(worker, intent)}>
        ${INTENT_WORDS[intent]}
      </button>
    `,
  )}</span>
`;
