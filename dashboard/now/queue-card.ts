import { html } from 'htm/preact';
import { count, platformName } from '../format.ts';
import type { Page } from '../page.ts';
import { Badge, type Tone } from '../parts/badge.ts';
import { Elapsed } from '../parts/time.ts';
import { type Queue, type QueueState, queueState } from './queue-notes.ts';

const TONES: Readonly<Record<QueueState, Tone>> = {
  paused: 'special',
  stranded: 'bad',
  waiting: 'warn',
  quiet: 'good',
};

const words = ({ without_worker: stranded }: Queue): Readonly<Record<QueueState, string>> => ({
  paused: 'paused',
  stranded: `${count(stranded)} without a worker`,
  waiting: 'waiting',
  quiet: 'nothing waits',
});

/** One platform at a glance. `children`: what can be done about it. */
export function QueueCard({ page, queue, children }: { page: Page; queue: Queue; children?: unknown }) {
  const { platform, waiting, may_be_more, oldest_waiting_since: oldest, running, workers, paused } = queue;
  const state = queueState(queue);
  const online = workers.idle + workers.building;
  return html`
    <section class="card queue" aria-labelledby=${`queue-${platform}`}>
      <header><h2 id=${`queue-${platform}`}>${platformName(platform)}</h2><${Badge} tone=${TONES[state]} text=${words(queue)[state]} /></header>
      <dl>
        <div class="main"><dt>waiting</dt><dd>${count(waiting)}${may_be_more && '+'}</dd></div>
        <div class="main"><dt>running</dt><dd>${count(running)}</dd></div>
        <div><dt>oldest wait</dt><dd>${oldest === null ? '–' : html`<${Elapsed} page=${page} at=${oldest} />`}</dd></div>
        <div><dt>workers free</dt><dd>${count(workers.idle)} of ${count(online)}<${Slots} workers=${workers} /></dd></div>
      </dl>
      ${paused && html`<p class="paused"><strong>Paused</strong> for <${Elapsed} page=${page} at=${paused.since} />: ${paused.reason}</p>`}
      ${children}
    </section>
  `;
}

/** More dots than this are no picture any more. */
const MOST_SLOTS = 12;

/** A dot for each worker, full while it builds. The words beside it say the same. */
function Slots({ workers: { idle, building } }: { workers: Queue['workers'] }) {
  if (idle + building > MOST_SLOTS) return null;
  const dots = [...Array<string>(building).fill('full'), ...Array<string>(idle).fill('free')];
  return html`<span class="slots" aria-hidden="true">${dots.map((kind) => html`<i class=${kind}></i>`)}</span>`;
}
