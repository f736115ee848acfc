import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { duration, platformName } from '../format.ts';
import type { Page } from '../page.ts';
import { Labels } from '../parts/badge.ts';
import { Elapsed, Time } from '../parts/time.ts';
import { hrefOf } from '../route.ts';
import type { Build } from './read-build.ts';

/** What is known of a build, at a glance. */
export function Facts({ page, build }: { page: Page; build: Build }) {
  const { attempt, max_attempts: most, started_at: startedAt, original_build_id: original, priority, labels } = build;
  const worker = build.worker_name ?? build.worker_id;
  return html`
    <dl class="card facts">
      <${Fact} name="Platform">${platformName(build.platform)}<//>
      <${Fact} name="Worker">${
        worker === null
          ? '–'
          : html`<a href=${hrefOf({ view: 'history', query: { worker: build.worker_id ?? '' } })} title="All builds of this worker">${worker}</a>`
      }<//>
      <${Fact} name="Attempt">${attempt === 0 ? 'none yet' : `${attempt} of at most ${most}`}<//>
      <${Fact} name="Submitted"><${Time} page=${page} at=${build.submitted_at} /><//>
      <${Fact} name="Waited">${waited(page, build)}<//>
${startedAt !== null && build.state !== 'pending' && html`<${Fact} name=${build.completed_at === null ? 'Building for' : 'Took'}>${took(page, build, startedAt)}<//>`}
      ${priority > 0 && html`<${Fact} name="Priority">${priority}<//>`}
      ${labels.length > 0 && html`<${Fact} name="Labels"><${Labels} labels=${labels} /><//>`}
      <${Fact} name="Submitted by">${build.submitted_by === null ? 'the project’s key' : html`key <span class="mono">${build.submitted_by}</span>`}<//>
      ${original !== undefined && html`<${Fact} name="Retry of"><a class="mono" href=${hrefOf({ view: 'build', id: original })}>${original}</a><//>`}
    </dl>
  `;
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) =>
  html`<div><dt>${name}</dt><dd>${children}</dd></div>`;

/** Until its latest attempt was assigned, or until now. */
function waited(page: Page, { state, queued_at: queuedAt, started_at: startedAt, completed_at: endedAt }: Build) {
  if (state === 'pending') return html`<${Elapsed} page=${page} at=${queuedAt} />`;
  const until = startedAt ?? endedAt;
  return until === null ? '–' : duration(until - queuedAt);
}

const took = (page: Page, { completed_at: endedAt }: Build, startedAt: number) =>
  endedAt === null ? html`<${Elapsed} page=${page} at=${startedAt} />` : duration(endedAt - startedAt);
