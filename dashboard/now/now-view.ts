import { html } from 'htm/preact';
import type { Answer } from '../answer.ts';
import { count } from '../format.ts';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';
import { LiveBody } from '../parts/live-body.ts';
import { Ago } from '../parts/time.ts';
import type { Worker } from '../parts/worker-state.ts';
import { hrefOf } from '../route.ts';
import { useLive } from '../use-live.ts';
import { Crew, crewSize } from './crew.ts';
import { CREW_PACE_MS, queuesPaceMs, runningPaceMs } from './paces.ts';
import { QueueCard } from './queue-card.ts';
import type { Queue } from './queue-notes.ts';
import { Warnings } from './warnings.ts';
import { type RunningBuild, RunningBuilds } from './running-builds.ts';

/** What happens at this moment. */
export function NowView({ page }: { page: Page }) {
  const queues = useLive(page, (signal) => page.api.ask('GET /api/queues', { signal }), queuesPaceMs);
  const running = useLive(page, (signal) => page.api.ask('GET /api/builds/active', { signal }), runningPaceMs);
  const crew = useLive(
    page,
    (signal) => askCrew(page, signal),
    () => CREW_PACE_MS,
  );
  const at = queues.updatedAt.value;
  const all = queues.value.value?.queues ?? [];
  return html`
    <${Heading} title="Now">${at && html`<p class="small">as of <${Ago} page=${page} at=${at} /></p>`}<//>
    <${Warnings} queues=${all} />
    <${LiveBody} live=${queues} waitingFor="the queues">
      ${({ queues: known }: { queues: readonly Queue[] }) => html`<div class="queues">${known.map((queue) => html`<${QueueCard} key=${queue.platform} page=${page} queue=${queue} />`)}</div>`}
    <//>
    <section aria-labelledby="running">
      <h2 id="running">Running${running.value.value && html` <span class="muted">${count(running.value.value.builds.length)}</span>`}</h2>
      <${LiveBody} live=${running} waitingFor="what runs">${({ builds }: { builds: readonly RunningBuild[] }) => html`
        <div class="card">${builds.length > 0 ? html`<${RunningBuilds} page=${page} builds=${builds} />` : html`<p class="empty">Nothing is being built.</p>`}</div>
      `}<//>
    </section>
    <section aria-labelledby="crew">
      <h2 id="crew">Workers</h2>
      <${LiveBody} live=${crew} waitingFor="the workers">${({ workers, isMore }: KnownCrew) =>
        workers.length === 0
          ? html`<div class="card empty"><p>No worker has registered yet.</p><code>buildlatch worker --platform ios,android</code></div>`
          : html`
              <p class="small">${crewSize(workers, isMore)} · <a href=${hrefOf({ view: 'workers' })}>all of them, and what can be done with them</a></p>
              <${Crew} page=${page} workers=${workers} />
            `}<//>
    </section>
  `;
}

interface KnownCrew {
  readonly workers: readonly Worker[];
  readonly isMore: boolean;
}

async function askCrew(page: Page, signal: AbortSignal): Promise<Answer<KnownCrew>> {
  const answer = await page.api.ask('GET /api/workers', { query: { limit: '100' }, signal });
  if (!answer.ok) return answer;
  return { ...answer, value: { workers: answer.value.workers, isMore: answer.nextCursor !== undefined } };
}
