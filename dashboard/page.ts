import { type ReadonlySignal, signal } from '@preact/signals';
import type { Problem } from './answer.ts';
import { type Api, createApi } from './api.ts';
import { createClockwork } from './clockwork.ts';
import { type Live, type LiveOptions, live, type Surroundings } from './live.ts';
import { createSession, type KeptKeys, type Session } from './session.ts';

/** What every view is given. */
export interface Page {
  readonly api: Api;
  readonly session: Session;
  /** The controller's time in ms, anew each second while the page is looked at. */
  readonly now: ReadonlySignal<number>;
  /** Since when the controller has not answered, and what was the last that was heard. Nothing: it does. */
  readonly away: ReadonlySignal<Away | undefined>;
  /** What happened, for screen readers and as a note in the corner. */
  readonly announced: ReadonlySignal<string>;
  announce(text: string): void;
  /** Keeps something up to date until it is stopped; in a component take `useLive`. */
  live<T>(ask: Parameters<typeof live<T>>[0], options: LiveOptions<T>): Live<T>;
}

interface Away {
  readonly since: number;
  readonly problem: Problem;
}

export interface PageOptions {
  readonly base: string;
  readonly fetch: typeof globalThis.fetch;
  readonly kept: KeptKeys;
  readonly surroundings: Surroundings;
}

export function createPage({ base, fetch, kept, surroundings }: PageOptions): Page {
  const clockwork = createClockwork(surroundings);
  const away = signal<Away | undefined>(undefined);
  const announced = signal('');
  const api = createApi({ base, fetch, key: () => session.key(), onAnswer });
  const session = createSession(() => api.ask('GET /api/keys/self'), kept);

  function onAnswer(problem: Problem | undefined, serverTime: number | undefined): void {
    if (serverTime !== undefined) clockwork.adjust(serverTime);
    if (problem?.kind === 'away') away.value = { since: away.value?.since ?? surroundings.clock(), problem };
    else away.value = undefined;
    if (problem?.kind === 'signed_out' && session.state.value === 'in') {
      session.signOut(`The controller does not take this key any more: ${problem.text}`);
    }
  }

  return {
    api,
    session,
    now: clockwork.now,
    away,
    announced,
    announce: (text) => {
      announced.value = text;
    },
    live: (ask, options) => live(ask, options, surroundings),
  };
}
