import { html } from 'htm/preact';
import type { Operations } from '../../lib/client/api-types.ts';
import { isoTime, platformName, shortId } from '../format.ts';
import type { Page } from '../page.ts';
import { Badge, BuildBadge } from '../parts/badge.ts';
import { Table } from '../parts/table.ts';
import { Ago, Elapsed } from '../parts/time.ts';
import { hrefOf } from '../route.ts';
import { leaseFreshness } from './lease.ts';

export type RunningBuild = Operations['GET /api/builds/active']['answer']['builds'][number];

const COLUMNS = [
  { title: 'Build' },
  { title: 'Worker' },
  { title: 'Stage' },
  { title: 'Elapsed' },
  { title: 'Last sign of life' },
];

/** What is being built, the longest first: what hangs is on top. */
export function RunningBuilds({ page, builds }: { page: Page; builds: readonly RunningBuild[] }) {
  const now = page.now.value;
  const rows = [...builds]
    .sort((a, b) => startOf(a, now) - startOf(b, now))
    .map((build) => ({
      key: build.id,
      cells: [
        buildCell(build),
        build.worker_name ?? build.worker_id ?? '–',
        stageCell(build),
        elapsedCell(page, build),
        lifeCell(page, build),
      ],
    }));
  return html`<${Table} caption="Builds that run now" columns=${COLUMNS} rows=${rows} />`;
}

const startOf = ({ started_at: at }: RunningBuild, now: number) => at ?? now;

const buildCell = ({ id, platform, attempt }: RunningBuild) => html`
  <a class="mono" href=${hrefOf({ view: 'build', id })} title=${id}>${shortId(id)}</a>
  ${' '}<span class="small">${platformName(platform)}${attempt > 1 && `, attempt ${attempt}`}</span>
`;

/** `status` is what the build is; what its worker does within it is the stage, where the worker tells. */
const stageCell = ({ status, stage, progress }: RunningBuild) => html`
  <span class="stage">
    ${stage === null ? html`<${BuildBadge} state=${status} />` : html`<${Badge} tone="busy" text=${stage} isLive />`}
    ${progress !== null && html`<progress max="100" value=${progress} aria-label=${`${progress} percent`}></progress>`}
  </span>
`;

const elapsedCell = (page: Page, { started_at: at }: RunningBuild) =>
  at === null ? '–' : html`<${Elapsed} page=${page} at=${at} />`;

function lifeCell(page: Page, { lease_until: until, last_heartbeat_at: lastHeartbeatAt }: RunningBuild) {
  const { tone, text } = leaseFreshness({ until, lastHeartbeatAt }, page.now.value);
  const exact = until === null ? undefined : `lease until ${isoTime(until)}`;
  return html`
    ${lastHeartbeatAt !== null && html`<${Ago} page=${page} at=${lastHeartbeatAt} /> · `}
    <span class=${`lease ${tone}`} title=${exact}>${text}</span>
  `;
}
