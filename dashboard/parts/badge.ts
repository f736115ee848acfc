import { html } from 'htm/preact';

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'away' | 'special';

/** A word with a colour; the word says it all. `isLive`: it is happening. */
export function Badge({ tone, text, isLive }: { tone: Tone; text: string; isLive?: boolean }) {
  return html`<span class=${`badge ${tone}${isLive ? ' live' : ''}`}>${text}</span>`;
}
