import { html } from 'htm/preact';
import type { Scope } from '../../lib/domain/api-key.ts';
import type { Page } from '../page.ts';

/** Says why something that is not offered is not: the key lacks the scope. Nothing, where it has it. */
export function NoScope({ page, scope, todo }: { page: Page; scope: Scope; todo: string }) {
  if (page.session.may(scope)) return null;
  return html`<p class="small">This key may look: to ${todo} it needs the scope <code>${scope}</code>.</p>`;
}
