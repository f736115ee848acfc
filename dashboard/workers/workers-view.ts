import { html } from 'htm/preact';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';

export function WorkersView({ page: _page }: { page: Page }) {
  return html`<${Heading} title="Workers" />`;
}
