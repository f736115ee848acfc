import { html } from 'htm/preact';
import { ago, duration, isoTime, localTime } from '../format.ts';
import type { Page } from '../page.ts';

interface Props {
  readonly page: Page;
  /** In ms. */
  readonly at: number;
}

/** A local time; the exact one shows on hover. */
export function Time({ page, at }: Props) {
  return html`<time datetime=${isoTime(at)} title=${isoTime(at)}>${localTime(at, page.now.value)}</time>`;
}

/** How long ago it was, kept true. */
export function Ago({ page, at }: Props) {
  return html`<time datetime=${isoTime(at)} title=${isoTime(at)}>${ago(at, page.now.value)}</time>`;
}

/** How long it has been going on, kept true. */
export function Elapsed({ page, at }: Props) {
  return html`<time datetime=${isoTime(at)} title=${`since ${isoTime(at)}`}>${duration(page.now.value - at)}</time>`;
}
