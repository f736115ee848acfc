import { html } from 'htm/preact';
import type { BuildState } from '../../lib/domain/build.ts';
import type { WorkerState } from './worker-state.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'away' | 'special';

const BUILD_TONES: Readonly<Record<BuildState, Tone>> = {
  pending: 'warn',
  assigned: 'busy',
  building: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'away',
};

/** In the order in which a build has them. */
export const BUILD_STATES = Object.keys(BUILD_TONES);

const WORKER_TONES: Readonly<Record<WorkerState, Tone>> = {
  idle: 'good',
  building: 'busy',
  draining: 'special',
  quarantined: 'bad',
  offline: 'away',
};

/** A word with a colour; the word says it all. `isLive`: it is happening. */
export function Badge({ tone, text, isLive }: { tone: Tone; text: string; isLive?: boolean }) {
  return html`<span class=${`badge ${tone}${isLive ? ' live' : ''}`}>${text}</span>`;
}

export const BuildBadge = ({ state }: { state: BuildState }) =>
  html`<${Badge} tone=${BUILD_TONES[state]} text=${state} isLive=${state === 'building'} />`;

export const WorkerBadge = ({ state }: { state: WorkerState }) =>
  html`<${Badge} tone=${WORKER_TONES[state]} text=${state} isLive=${state === 'building'} />`;

/** Labels as their owner wrote them. */
export const Labels = ({ labels }: { labels: readonly string[] }) =>
  labels.length > 0
    ? html`<ul class="labels" aria-label="Labels">${labels.map((label) => html`<li>${label}</li>`)}</ul>`
    : null;
