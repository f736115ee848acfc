import { html } from 'htm/preact';
import { count } from '../format.ts';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';
import { Elapsed, Time } from '../parts/time.ts';
import { useLive } from '../use-live.ts';

export function NowView({ page }: { page: Page }) {
  const stats = useLive(
    page,
    (signal) => page.api.ask('GET /api/stats', { signal }),
    () => 5_000,
  );
  const at = stats.updatedAt.value;
  return html`
    <${Heading} title="Now">${at && html`<span><${Time} page=${page} at=${at} /> <${Elapsed} page=${page} at=${at} /></span>`}<//>
    <p>${count(stats.value.value?.buildsQueued ?? 0)} waiting</p>
  `;
}
