import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Page } from '../page.ts';

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
    const isCopied = await copied(secret);
    if (!isCopied) field.current?.select();
    page.announce(
      isCopied ? 'The key is copied' : 'The browser does not let the page copy: it is selected, so copy it yourself',
    );
  }
  return html`
    <div class="card new-key">
      <label for="secret">The key <strong>${name}</strong>. It is shown this once: copy it now.</label>
      <div class="copy">
        <input ref=${field} id="secret" class="mono" readonly spellcheck=${false} value=${secret} />
        <button type="button" class="primary" onClick=${copy}>Copy</button>
        <button type="button" onClick=${onClose}>I have it</button>
      </div>
    </div>
  `;
}

/** Browsers let only pages copy that come by TLS or from this machine, and ask their user for leave. */
async function copied(text: string): Promise<boolean> {
  if (!isSecureContext) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}
