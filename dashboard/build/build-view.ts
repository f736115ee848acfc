import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { localTime } from '../format.ts';
import type { Boundary } from '../log/log-model.ts';
import { LogView } from '../log/log-view.ts';
import type { Page } from '../page.ts';
import { BuildBadge } from '../parts/badge.ts';
import { Heading } from '../parts/heading.ts';
import { LiveBody } from '../parts/live-body.ts';
import { useLive } from '../use-live.ts';
import { Actions } from './actions.ts';
import { Facts } from './facts.ts';
import { Files } from './files.ts';
import { Machine } from './machine.ts';
import { placeWords } from './queue-words.ts';
import { type BuildEvent, createBuildReader, isOver, type Picture, paceMs } from './read-build.ts';
import { Story, withNames } from './story.ts';

/** One build: how it stands, why, and its log. */
export function BuildView({ page, id }: { page: Page; id: string }) {
  const reader = useMemo(() => createBuildReader(page, id, () => page.now.peek()), [page, id]);
  const live = useLive(page, reader.ask, paceMs, [reader]);
  const refresh = () => {
    reader.forget();
    void live.refresh();
  };
  const known = live.value.value?.build;
  return html`
    <${Heading} title=${`Build ${id}`}>${
      known &&
      html`<div class="build-head"><${BuildBadge} state=${known.state} /><${Actions} page=${page} build=${known} onDone=${refresh} /></div>`
    }<//>
    <${LiveBody} live=${live} waitingFor="the build">${(picture: Picture) => html`<${Body} page=${page} picture=${picture} />`}<//>
  `;
}

function Body({ page, picture }: { page: Page; picture: Picture }) {
  const { build, events, place, placeAt, samples } = picture;
  const attempts = useMemo(() => attemptsOf(events), [events]);
  const error = build.error_message;
  const words = place ? placeWords(place, placeAt) : [];
  return html`
    ${error !== null && html`<div class=${build.state === 'failed' ? 'banner bad' : 'banner'}><p class="failure">${error}</p></div>`}
    ${words.length > 0 && html`<p class="banner">${words.join(' ')}</p>`}
    <${Facts} page=${page} build=${build} />
    <div class="build">
      <${LogView} page=${page} id=${build.id} isLive=${!isOver(build)} attempts=${attempts} />
      <div class="build-side">
        <${Story} page=${page} build=${build} events=${events} />
        <${Files} page=${page} build=${build} />
        <${Machine} samples=${samples} />
      </div>
    </div>
  `;
}

/** Where in the log each attempt begins, by when it was assigned. */
function attemptsOf(events: readonly BuildEvent[]): Boundary[] {
  return withNames(events)
    .filter(({ type }) => type === 'assigned')
    .map(({ at, attempt, by }) => ({ at, attempt, label: `Attempt ${attempt} · ${by} · ${localTime(at, at)}` }));
}
