import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Operations } from '../../lib/client/api-types.ts';
import type { Problem } from '../answer.ts';
import { platformName, plural, shortId } from '../format.ts';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';
import { LiveBody } from '../parts/live-body.ts';
import { NoScope } from '../parts/no-scope.ts';
import { type Row, Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';
import { hrefOf } from '../route.ts';
import { useLive } from '../use-live.ts';

type Letters = Operations['GET /api/dead-letters']['answer'];
type Letter = Letters['dead_letters'][number];
type Redriven = Operations['POST /api/dead-letters/redrive']['answer'];

const COLUMNS = [
  { title: 'Build' },
  { title: 'Platform' },
  { title: 'Attempt', isNumber: true },
  { title: 'Sent' },
  { title: 'Received', isNumber: true },
];

/** Messages that nobody could use. Asking for them takes them from the queue for a moment, so that is not done by itself. */
export function DeadLetters({ page }: { page: Page }) {
  if (!page.session.may('admin')) {
    return html`<section aria-labelledby="dead"><h2 id="dead">Dead letters</h2><${NoScope} page=${page} scope="admin" todo="see dead letters" /></section>`;
  }
  return html`<${AskedLetters} page=${page} />`;
}

function AskedLetters({ page }: { page: Page }) {
  const [isAsking, setAsking] = useState(false);
  const letters = useLive(
    page,
    (signal) => page.api.ask('GET /api/dead-letters', { signal }),
    () => undefined,
  );
  return html`
    <section aria-labelledby="dead">
      <header class="heading">
        <h2 id="dead">Dead letters</h2>
        <div class="buttons">
          <button type="button" onClick=${() => void letters.refresh()}>Look again</button>
          <button type="button" disabled=${(letters.value.value?.dead_letters.length ?? 0) === 0} onClick=${() => setAsking(true)}>Redrive …</button>
        </div>
      </header>
      <${LiveBody} live=${letters} waitingFor="dead letters">${(known: Letters) => html`<${LetterTable} page=${page} letters=${known} />`}<//>
      ${isAsking && html`<${RedriveDialog} page=${page} onDone=${() => void letters.refresh()} onClose=${() => setAsking(false)} />`}
    </section>
  `;
}

function LetterTable({ page, letters }: { page: Page; letters: Letters }) {
  const { dead_letters: all, may_have_more: isMore } = letters;
  if (all.length === 0) return html`<div class="card empty"><p>No message has been put aside.</p></div>`;
  return html`
    <div class="card"><${Table} caption="Dead letters" columns=${COLUMNS} rows=${all.map((letter) => rowOf(page, letter))} /></div>
    ${isMore && html`<p class="small">There may be more than these.</p>`}
  `;
}

function rowOf(page: Page, { message_id, build_id: id, platform, attempt, sent_at, receives }: Letter): Row {
  const build =
    id === null
      ? html`<span title=${message_id}>names none</span>`
      : html`<a class="mono" href=${hrefOf({ view: 'build', id })} title=${id}>${shortId(id)}</a>`;
  const sent = html`<${Time} page=${page} at=${sent_at} />`;
  return {
    key: message_id,
    cells: [build, platform === null ? '–' : platformName(platform), attempt ?? '–', sent, receives],
  };
}

function RedriveDialog({ page, onDone, onClose }: { page: Page; onDone: () => void; onClose: () => void }) {
  async function run(): Promise<Problem | undefined> {
    const answer = await page.api.ask('POST /api/dead-letters/redrive');
    if (!answer.ok) return answer.problem;
    page.announce(outcome(answer.value));
    onDone();
    return undefined;
  }
  return html`
    <${Confirm} title="Redrive dead letters?" action="Redrive" onConfirm=${run} onClose=${onClose}>
      <p>Builds that still wait are sent out anew, and messages of those that do not are deleted. What nobody can read stays.</p>
    <//>
  `;
}

function outcome({ redriven, deleted, malformed, failed, may_have_more: isMore }: Redriven): string {
  const parts = [
    `${plural(redriven, 'build')} sent out anew`,
    deleted > 0 && `${plural(deleted, 'message')} deleted`,
    malformed > 0 && `${malformed} unreadable, which stay`,
    failed > 0 && `${failed} not done: try again`,
    isMore && 'there may be more',
  ];
  return parts.filter(Boolean).join(', ');
}
