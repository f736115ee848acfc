import { html } from 'htm/preact';
import type { Problem } from '../answer.ts';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';
import type { Key } from './key-rows.ts';

interface Props {
  readonly page: Page;
  readonly revoked: Key;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function RevokeKey({ page, revoked: { id, name }, onDone, onClose }: Props) {
  async function run(): Promise<Problem | undefined> {
    const answer = await page.api.ask('POST /api/keys/{id}/revoke', { path: { id } });
    if (!answer.ok) return answer.problem;
    page.announce(`The key ${name} is revoked`);
    onDone();
    return undefined;
  }
  const isOwn = id === page.session.holder.value?.id;
  return html`
    <${Confirm} title=${`Revoke ${name}?`} action="Revoke" isDangerous onConfirm=${run} onClose=${onClose}>
      <p>It opens nothing any more, and there is no way back. It may live a minute longer where it has just been used.</p>
      ${isOwn && html`<p><strong>You are signed in with it.</strong></p>`}
    <//>
  `;
}
