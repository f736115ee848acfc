import { html } from 'htm/preact';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';

export function BuildView({ page: _page, id }: { page: Page; id: string }) {
  return html`<${Heading} title=${`Build ${id}`} />`;
}
