import { html } from 'htm/preact';
import { platformName, plural, shortId } from '../format.ts';
import type { Page } from '../page.ts';
import { Labels, WorkerBadge } from '../parts/badge.ts';
import { Ago } from '../parts/time.ts';
import { byState, WORKER_STATES, type Worker } from '../parts/worker-state.ts';
import { hrefOf } from '../route.ts';

/** Who is there: a summary by state, and each with what it can do. */
export function Crew({ page, workers }: { page: Page; workers: readonly Worker[] }) {
  const counts = WORKER_STATES.map(
    (state) => [state, workers.filter((worker) => worker.state === state).length] as const,
  );
  return html`
    <p class="crew-counts">${counts.filter(([, many]) => many > 0).map(([state, many]) => html`<span><strong>${many}</strong> ${state}</span>`)}</p>
    <ul class="crew">${[...workers].sort(byState).map((worker) => html`<${Member} key=${worker.id} page=${page} worker=${worker} />`)}</ul>
  `;
}

function Member({ page, worker }: { page: Page; worker: Worker }) {
  const { name, state, capabilities, labels, current_build_id: buildId, last_seen_at: seen } = worker;
  return html`
    <li class="card">
      <header><h3 title=${worker.id}>${name}</h3><${WorkerBadge} state=${state} /></header>
      <p class="small">${capabilities.platforms.map(platformName).join(', ')} ${state !== 'building' && html` · seen <${Ago} page=${page} at=${seen} />`}</p>
      <${Labels} labels=${labels} />
      ${buildId !== null && html`<p class="small">builds <a class="mono" href=${hrefOf({ view: 'build', id: buildId })}>${shortId(buildId)}</a></p>`}
    </li>
  `;
}

/** How many there are in all, as far as one page of the list tells. */
export const crewSize = (workers: readonly Worker[], isMore: boolean) =>
  isMore ? `the newest ${workers.length}` : plural(workers.length, 'worker');
