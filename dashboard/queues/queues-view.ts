import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { platformName } from '../format.ts';
import { queuesPaceMs } from '../now/paces.ts';
import { QueueCard } from '../now/queue-card.ts';
import type { Queue } from '../now/queue-notes.ts';
import { Warnings } from '../now/warnings.ts';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';
import { LiveBody } from '../parts/live-body.ts';
import { NoScope } from '../parts/no-scope.ts';
import { useLive } from '../use-live.ts';
import { DeadLetters } from './dead-letters.ts';
import { PauseDialog, ResumeDialog } from './pause-dialogs.ts';

/** What waits, whether it may go, and what was put aside. */
export function QueuesView({ page }: { page: Page }) {
  const [chosen, choose] = useState<Queue | undefined>(undefined);
  const queues = useLive(page, (signal) => page.api.ask('GET /api/queues', { signal }), queuesPaceMs);
  const all = queues.value.value?.queues ?? [];
  const Dialog = chosen?.paused ? ResumeDialog : PauseDialog;
  return html`
    <${Heading} title="Queues" />
    <${NoScope} page=${page} scope="admin" todo="pause or resume a queue" />
    <${Warnings} queues=${all} />
    <${LiveBody} live=${queues} waitingFor="the queues">${({ queues: known }: { queues: readonly Queue[] }) => html`
      <div class="queues">${known.map(
        (queue) => html`
        <${QueueCard} key=${queue.platform} page=${page} queue=${queue}>
          ${queue.without_worker > 0 && html`<p class="small">${queue.without_worker} of them wait for a worker that is not online.</p>`}
          ${page.session.may('admin') && html`<div><${PauseButton} queue=${queue} onClick=${() => choose(queue)} /></div>`}
        <//>
      `,
      )}</div>
    `}<//>
    <${DeadLetters} page=${page} />
    ${chosen && html`<${Dialog} page=${page} platform=${chosen.platform} onDone=${() => void queues.refresh()} onClose=${() => choose(undefined)} />`}
  `;
}

const PauseButton = ({ queue: { platform, paused }, onClick }: { queue: Queue; onClick: () => void }) => html`
  <button type="button" class=${paused ? 'primary' : ''} onClick=${onClick}>${paused ? 'Resume' : 'Pause'} ${platformName(platform)}</button>
`;
