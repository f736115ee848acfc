import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Page } from '../page.ts';
import { Heading, keepFocus } from '../parts/heading.ts';
import { LiveBody } from '../parts/live-body.ts';
import { NoScope } from '../parts/no-scope.ts';
import { ThemeSwitch } from '../parts/theme-switch.ts';
import { Time } from '../parts/time.ts';
import { useLive } from '../use-live.ts';
import { CreateKey } from './create-key.ts';
import { type Key, KeyRows } from './key-rows.ts';
import { NewKey } from './new-key.ts';
import { RevokeKey } from './revoke-key.ts';

/** With which key one is here, and all the others. */
export function SettingsView({ page }: { page: Page }) {
  return html`
    <${Heading} title="Settings" />
    <${OwnKey} page=${page} />
    <section aria-labelledby="looks">
      <h2 id="looks">Looks</h2>
      <div class="card facts"><${ThemeSwitch} /><p class="small">Remembered in this browser.</p></div>
    </section>
    ${page.session.may('admin') ? html`<${Keys} page=${page} />` : html`<section aria-labelledby="keys"><h2 id="keys">Keys</h2><${NoScope} page=${page} scope="admin" todo="see and make keys" /></section>`}
  `;
}

function OwnKey({ page }: { page: Page }) {
  const holder = page.session.holder.value;
  if (!holder) return null;
  return html`
    <section aria-labelledby="own">
      <h2 id="own">Your key</h2>
      <dl class="card facts">
        <div><dt>Name</dt><dd>${holder.name ?? 'the project’s own'}</dd></div>
        <div><dt>May</dt><dd>${holder.scopes.join(', ')}</dd></div>
        <div><dt>Good until</dt><dd>${holder.expires_at === null ? 'it is revoked' : html`<${Time} page=${page} at=${holder.expires_at} />`}</dd></div>
      </dl>
    </section>
  `;
}

function Keys({ page }: { page: Page }) {
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<{ name: string; secret: string } | undefined>(undefined);
  const [leaving, setLeaving] = useState<Key | undefined>(undefined);
  const keys = useLive(
    page,
    (signal) => page.api.ask('GET /api/keys', { signal }),
    () => undefined,
  );
  const onMade = (name: string, secret: string) => {
    setMade({ name, secret });
    void keys.refresh();
  };
  return html`
    <section aria-labelledby="keys">
      <header class="heading"><h2 id="keys">Keys</h2><button type="button" onClick=${() => setMaking(true)}>Make a key …</button></header>
      ${made && html`<${NewKey} page=${page} ...${made} onClose=${() => setMade(undefined)} />`}
      <${LiveBody} live=${keys} waitingFor="the keys">${({ keys: all }: { keys: readonly Key[] }) => html`
        <div class="card">${all.length === 0 ? html`<div class="empty"><p>No key has been made yet: everybody uses the project’s own.</p></div>` : html`<${KeyRows} page=${page} keys=${all} onRevoke=${setLeaving} />`}</div>
      `}<//>
      ${isMaking && html`<${CreateKey} page=${page} onMade=${onMade} onClose=${() => setMaking(false)} />`}
      ${leaving && html`<${RevokeKey} page=${page} revoked=${leaving} onDone=${() => void keys.refresh().then(keepFocus)} onClose=${() => setLeaving(undefined)} />`}
    </section>
  `;
}
