import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Answer } from '../answer.ts';
import type { Page } from '../page.ts';
import { Heading, keepFocus } from '../parts/heading.ts';
import { LiveBody } from '../parts/live-body.ts';
import { NoScope } from '../parts/no-scope.ts';
import { Pager } from '../parts/pager.ts';
import type { Worker } from '../parts/worker-state.ts';
import { useLive } from '../use-live.ts';
import { type Intent, WorkerDialog } from './worker-actions.ts';
import { WorkerRows } from './worker-rows.ts';

const PACE_MS = 15_000;
const PAGE_SIZE = '50';

interface Listed {
  readonly workers: readonly Worker[];
  readonly next: string | undefined;
}

/** Who builds, how well, and what can be done about it. */
export function WorkersView({ page }: { page: Page }) {
  /** How one came here: the cursors of the pages, the first having none. */
  const [trail, setTrail] = useState<readonly string[]>([]);
  const [chosen, choose] = useState<{ worker: Worker; intent: Intent } | undefined>(undefined);
  const cursor = trail.at(-1);
  const list = useLive(
    page,
    (signal) => askPage(page, cursor, signal),
    () => PACE_MS,
    [cursor],
  );
  const mayAct = page.session.may('admin');
  return html`
    <${Heading} title="Workers" />
    <${NoScope} page=${page} scope="admin" todo="drain, resume or revoke a worker" />
    <${LiveBody} live=${list} waitingFor="the workers">${({ workers, next }: Listed) => html`
      <div class="card">
        ${workers.length === 0 ? html`<${NoWorkers} isFirst=${trail.length === 0} />` : html`<${WorkerRows} page=${page} workers=${workers} onIntent=${mayAct ? (worker: Worker, intent: Intent) => choose({ worker, intent }) : undefined} />`}
      </div>
      <${Pager}
        number=${trail.length + 1}
        onBack=${trail.length > 0 ? () => setTrail(trail.slice(0, -1)) : undefined}
        onNext=${next === undefined ? undefined : () => setTrail([...trail, next])}
      />
    `}<//>
    ${chosen && html`<${WorkerDialog} page=${page} ...${chosen} onDone=${() => void list.refresh().then(keepFocus)} onClose=${() => choose(undefined)} />`}
  `;
}

async function askPage(page: Page, cursor: string | undefined, signal: AbortSignal): Promise<Answer<Listed>> {
  const query = { limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
  const answer = await page.api.ask('GET /api/workers', { query, signal });
  if (!answer.ok) return answer;
  return { ...answer, value: { workers: answer.value.workers, next: answer.nextCursor } };
}

const NoWorkers = ({ isFirst }: { isFirst: boolean }) => html`
  <div class="empty">
    ${isFirst ? html`<p>No worker has registered yet. On a machine that builds:</p><code>buildlatch worker --platform ios,android</code>` : html`<p>No more workers.</p>`}
  </div>
`;
