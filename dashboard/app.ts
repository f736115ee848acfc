import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import type { Answer } from './answer.ts';
import { BuildView } from './build/build-view.ts';
import { HistoryView } from './history/history-view.ts';
import { NowView } from './now/now-view.ts';
import type { Page } from './page.ts';
import { Boundary } from './parts/boundary.ts';
import { AwayBanner, Frame } from './parts/frame.ts';
import { Heading } from './parts/heading.ts';
import { QueuesView } from './queues/queues-view.ts';
import { hrefOf, type Route, readRoute } from './route.ts';
import { SettingsView } from './settings/settings-view.ts';
import { SignIn } from './sign-in/sign-in.ts';
import { WorkersView } from './workers/workers-view.ts';

/** The whole page: who is signed in sees the view of the address, everybody else how to sign in. */
export function App({ page }: { page: Page }) {
  const route = useRoute();
  useEffect(() => {
    // As anything that is kept up to date: while the controller is away it is tried again.
    const resuming = page.live(() => resumed(page), { paceMs: () => undefined });
    return resuming.stop;
  }, [page]);
  const state = page.session.state.value;
  if (state !== 'in')
    return html`<${AwayBanner} page=${page} /><${SignIn} page=${page} isChecking=${state === 'checking'} />`;
  return html`<${Frame} page=${page} route=${route}><${Boundary} key=${route.view}>${viewOf(page, route)}<//><//>`;
}

async function resumed({ session }: Page): Promise<Answer<undefined>> {
  const problem = await session.resume();
  return problem ? { ok: false, problem } : { ok: true, value: undefined, nextCursor: undefined };
}

function viewOf(page: Page, route: Route) {
  switch (route.view) {
    case 'now':
      return html`<${NowView} page=${page} />`;
    case 'history':
      return html`<${HistoryView} page=${page} query=${route.query} />`;
    case 'build':
      return html`<${BuildView} key=${route.id} page=${page} id=${route.id} />`;
    case 'workers':
      return html`<${WorkersView} page=${page} />`;
    case 'queues':
      return html`<${QueuesView} page=${page} />`;
    case 'settings':
      return html`<${SettingsView} page=${page} />`;
    case 'nowhere':
      return html`
        <${Heading} title="Nothing is here" />
        <p>No view of this page has that address. <a href=${hrefOf({ view: 'now' })}>What happens now</a></p>
      `;
  }
}

function useRoute(): Route {
  const hash = useSignal(location.hash);
  useEffect(() => {
    const follow = () => {
      hash.value = location.hash;
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [hash]);
  return readRoute(hash.value);
}
