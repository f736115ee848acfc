import { html } from 'htm/preact';
import { eventSentence, standingSentence } from '../../lib/domain/build-story.ts';
import { duration, isoTime } from '../format.ts';
import type { Page } from '../page.ts';
import { Time } from '../parts/time.ts';
import type { Build, BuildEvent } from './read-build.ts';

const TONES: Partial<Record<BuildEvent['type'], string>> = {
  completed: 'good',
  failed: 'bad',
  cancelled: 'away',
  requeued: 'warn',
  given_back: 'warn',
  assigned: 'busy',
  started: 'busy',
};

/** With the workers' names in the place of their ids, which say nothing to people: an assignment tells the name. */
export function withNames(events: readonly BuildEvent[]): readonly BuildEvent[] {
  const names = new Map(
    events.flatMap(({ type, by, why }) => (type === 'assigned' && why ? [[by, why] as const] : [])),
  );
  return events.map((event) => {
    const name = names.get(event.by);
    if (name === undefined) return event;
    return { ...event, by: `worker ${name}`, why: event.type === 'assigned' ? undefined : event.why };
  });
}

/** What happened to a build, step by step, in the words of `buildlatch why`. */
export function Story({ page, build, events }: { page: Page; build: Build; events: readonly BuildEvent[] }) {
  const begin = events[0]?.at ?? build.submitted_at;
  return html`
    <section class="card panel" aria-labelledby="story">
      <h2 id="story">What happened</h2>
      <ol class="story">${withNames(events).map(
        (event, index) => html`
          <li key=${index} class=${TONES[event.type] ?? ''}>
            <span class="story-what">${eventSentence(event)}</span>
            <span class="small"><${Time} page=${page} at=${event.at} />${event.at > begin && html` · <span title=${isoTime(event.at)}>after ${duration(event.at - begin)}</span>`}</span>
          </li>
        `,
      )}</ol>
      <p class="standing">${standingSentence(build)}</p>
    </section>
  `;
}
