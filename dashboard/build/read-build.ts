import type { Operations } from '../../lib/client/api-types.ts';
import type { Answer } from '../answer.ts';
import type { Page } from '../page.ts';

export type Build = Operations['GET /api/builds/{id}']['answer'];
export type BuildEvent = Operations['GET /api/builds/{id}/events']['answer']['events'][number];
export type QueuePlace = Operations['GET /api/builds/{id}/queue']['answer'];
export type Sample = Operations['GET /api/builds/{id}/metrics']['answer']['samples'][number];

/** All that is known of a build but its log. */
export interface Picture {
  readonly build: Build;
  readonly events: readonly BuildEvent[];
  /** Only of one that waits. */
  readonly place: QueuePlace | undefined;
  /** When that was known. */
  readonly placeAt: number;
  readonly samples: readonly Sample[];
}

/** The controller keeps one sample for each minute. */
const SAMPLES_EVERY_MS = 60_000;
/** To say where a build stands the controller looks at all that wait and at all workers. */
const PLACE_EVERY_MS = 15_000;

const PACES_MS = { pending: 5_000, assigned: 3_000, building: 4_000 } as const;

export const isOver = ({ state }: Pick<Build, 'state'>) => !(state in PACES_MS);

/** The pause before a build is looked at again; undefined: it has ended, and nothing changes any more. */
export function paceMs({ build: { state } }: Picture): number | undefined {
  return state in PACES_MS ? PACES_MS[state as keyof typeof PACES_MS] : undefined;
}

export interface BuildReader {
  ask(signal: AbortSignal): Promise<Answer<Picture>>;
  /** The next time everything is asked for, also what seems to be known. */
  forget(): void;
}

/**
 * Reads a build and what belongs to it: what happened only when its state or attempt is another than before, its place now
 * and then while it waits, what its machine did once a minute while it is built, and once when that is over.
 */
export function createBuildReader({ api }: Pick<Page, 'api'>, id: string, clock: () => number): BuildReader {
  const path = { id };
  let seen = '';
  let events: readonly BuildEvent[] = [];
  let samples: readonly Sample[] = [];
  let samplesAt = Number.NEGATIVE_INFINITY;
  let place: QueuePlace | undefined;
  let placeAt = Number.NEGATIVE_INFINITY;

  async function askEvents(build: Build, signal: AbortSignal): Promise<Answer<unknown> | undefined> {
    const now = `${build.state} ${build.attempt}`;
    if (now === seen) return undefined;
    const answer = await api.ask('GET /api/builds/{id}/events', { path, signal });
    if (answer.ok) [seen, events] = [now, answer.value.events];
    return answer;
  }

  async function askSamples({ state, started_at: startedAt }: Build, signal: AbortSignal) {
    const isDue = state === 'building' ? clock() - samplesAt >= SAMPLES_EVERY_MS : samplesAt < Number.POSITIVE_INFINITY;
    if (state === 'pending' || startedAt === null || !isDue) return undefined;
    const answer = await api.ask('GET /api/builds/{id}/metrics', { path, signal });
    if (answer.ok) samples = answer.value.samples;
    if (answer.ok) samplesAt = state === 'building' || state === 'assigned' ? clock() : Number.POSITIVE_INFINITY;
    return answer;
  }

  async function askPlace({ state }: Build, signal: AbortSignal) {
    if (state !== 'pending') place = undefined;
    if (state !== 'pending' || (place && clock() - placeAt < PLACE_EVERY_MS)) return undefined;
    const answer = await api.ask('GET /api/builds/{id}/queue', { path, signal });
    if (answer.ok) [place, placeAt] = [answer.value, clock()];
    return answer;
  }

  return {
    async ask(signal) {
      const answer = await api.ask('GET /api/builds/{id}', { path, signal });
      if (!answer.ok) return answer;
      const build = answer.value;
      const others = await Promise.all([askEvents(build, signal), askSamples(build, signal), askPlace(build, signal)]);
      const failed = others.find((other) => other && !other.ok);
      if (failed && !failed.ok) return failed;
      return { ...answer, value: { build, events, samples, place, placeAt } };
    },
    forget() {
      seen = '';
    },
  };
}
