import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Page } from '../page.ts';
import { hrefOf, type Route } from '../route.ts';
import { Ago } from './time.ts';
import { Mark } from './mark.ts';
import { ShortcutHelp } from './shortcut-help.ts';
import { ThemeSwitch } from './theme-switch.ts';

const LINKS = [
  { title: 'Now', route: { view: 'now' }, of: ['now'] },
  { title: 'Builds', route: { view: 'history', query: {} }, of: ['history', 'build'] },
  { title: 'Workers', route: { view: 'workers' }, of: ['workers'] },
  { title: 'Queues', route: { view: 'queues' }, of: ['queues'] },
  { title: 'Settings', route: { view: 'settings' }, of: ['settings'] },
] as const;

/** What is around every view. */
export function Frame({ page, route, children }: { page: Page; route: Route; children: ComponentChildren }) {
  const holder = page.session.holder.value;
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${hrefOf({ view: 'now' })}><${Mark} /> Buildlatch</a>
      <nav aria-label="Views">
        ${LINKS.map((link) => {
          const isHere = link.of.some((view) => view === route.view);
          return html`<a href=${hrefOf(link.route)} aria-current=${isHere ? 'page' : undefined}>${link.title}</a>`;
        })}
      </nav>
      <div class="who">
        <span class="key-name" title="The key that you are signed in with">${holder?.name ?? 'Project key'}</span>
        <${ThemeSwitch} />
        <${ShortcutHelp} />
        <button type="button" class="quiet" onClick=${() => page.session.signOut()}>Sign out</button>
      </div>
    </header>
    <${AwayBanner} page=${page} />
    <main id="main" tabindex="-1">${children}</main>
    <div class="note" role="status" aria-live="polite">${page.announced.value}</div>
  `;
}

/** The address is ours: a jump within the page must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** Says that what is shown may be old, and since when. */
export function AwayBanner({ page }: { page: Page }) {
  const away = page.away.value;
  return html`<div class="away-note" role="status" aria-live="polite">
    ${away && html`<p class="banner warn">${away.problem.text} (<${Ago} page=${page} at=${away.since} />). What you see is the last that was heard; this page keeps trying.</p>`}
  </div>`;
}
