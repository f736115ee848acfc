import { html } from 'htm/preact';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';

interface Props {
  readonly page: Page;
  /** The filters, as the address has them. */
  readonly query: Readonly<Record<string, string>>;
}

export function HistoryView({ page: _page, query: _query }: Props) {
  return html`<${Heading} title="Builds" />`;
}
