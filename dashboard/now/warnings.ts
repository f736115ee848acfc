import { html } from 'htm/preact';
import { type Queue, warnings } from './queue-notes.ts';

/** What is wrong with the queues, where nobody can miss it. */
export function Warnings({ queues }: { queues: readonly Queue[] }) {
  const all = warnings(queues);
  return html`
    <div class="warnings" role="status">
      ${all.map(({ tone, text }) => html`<p class=${`banner ${tone}`} key=${text}>${text}</p>`)}
    </div>
  `;
}
