import { html } from 'htm/preact';
import type { Page } from '../page.ts';
import { Heading } from '../parts/heading.ts';

export function SettingsView({ page: _page }: { page: Page }) {
  return html`<${Heading} title="Settings" />`;
}
