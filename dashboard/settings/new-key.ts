import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Page } from '../page.ts';
import { copyText } from '../parts/copy.ts';

interface Props {
  readonly page: Page;
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** The one time that a key is seen. Closed, or the view left, it is forgotten. */
export function NewKey({ page, name, secret, onClose }: Props) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), [secret]);
  async function copy(): Promise<void> {
    const isCopied = await copyText(secret);
    if (!isCopied) field.current?.select();
    page.announce(
      isCopied ? 'The key is copied' : 'The browser does not let the page copy: it is selected, so copy it yourself',
    );
  }
  return html`
    <div class="card new-key">
      <label for="secret">The key <strong>${name}</strong>. It is shown this once: copy it now.</label>
      <div class="new-key-field">
        <input ref=${field} id="secret" class="mono" readonly spellcheck=${false} value=${secret} />
        <button type="button" class="primary" onClick=${copy}>Copy</button>
        <button type="button" onClick=${onClose}>I have it</button>
      </div>
    </div>
  `;
}
