import { html } from 'htm/preact';
import type { Problem } from '../answer.ts';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';
import type { Worker } from '../parts/worker-state.ts';

export type Intent = 'drain' | 'resume' | 'revoke';

interface Props {
  readonly page: Page;
  readonly worker: Worker;
  readonly intent: Intent;
  /** After it was done. */
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** What can be done about a worker as it stands. */
export const intentsFor = ({ is_draining, state }: Worker): readonly Intent[] => [
  is_draining || state === 'quarantined' ? 'resume' : 'drain',
  'revoke',
];

export const INTENT_WORDS: Readonly<Record<Intent, string>> = { drain: 'Drain', resume: 'Resume', revoke: 'Revoke' };

/** Asks, does it, and tells that it was done. */
export function WorkerDialog({ page, worker, intent, onDone, onClose }: Props) {
  const { name } = worker;
  async function run(): Promise<Problem | undefined> {
    const answer = await send(page, worker.id, intent);
    if (!answer.ok) return answer.problem;
    page.announce(`${name}: ${DONE[intent]}`);
    onDone();
    return undefined;
  }
  return html`
    <${Confirm} title=${`${INTENT_WORDS[intent]} ${name}?`} action=${INTENT_WORDS[intent]} isDangerous=${intent === 'revoke'} onConfirm=${run} onClose=${onClose}>
      <p>${EXPLAINED[intent](worker)}</p>
    <//>
  `;
}

function send(page: Page, id: string, intent: Intent) {
  const path = { worker_id: id };
  if (intent === 'revoke') return page.api.ask('POST /api/workers/{worker_id}/revoke', { path });
  return page.api.ask('POST /api/workers/{worker_id}/drain', { path, body: { draining: intent === 'drain' } });
}

const DONE: Readonly<Record<Intent, string>> = {
  drain: 'gets no more builds',
  resume: 'gets builds again',
  revoke: 'is revoked, and has left the list',
};

const EXPLAINED: Readonly<Record<Intent, (worker: Worker) => string>> = {
  drain: ({ current_build_id: buildId }) =>
    buildId === null
      ? 'It gets no more builds until it is resumed.'
      : 'It finishes the build that it has, and gets no more until it is resumed.',
  resume: ({ state }) =>
    state === 'quarantined' ? 'Its bad ends are forgotten, and it gets builds again.' : 'It gets builds again.',
  revoke: ({ current_build_id: buildId }) =>
    `Its tokens open nothing any more, and it leaves the list. ${
      buildId === null ? '' : 'The build that it has goes back to the queue. '
    }It can come back only by registering with a key: to keep the machine out, revoke that key too.`,
};
