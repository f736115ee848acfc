import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../answer.ts';
import type { Page } from '../page.ts';
import { Mark } from '../parts/mark.ts';

/** Asks for a key, and says what is wrong with it. */
export function SignIn({ page, isChecking }: { page: Page; isChecking: boolean }) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Buildlatch';
    if (!isChecking) field.current?.focus();
  }, [isChecking]);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setProblem(undefined);
    const found = await page.session.signIn(String(form.get('key') ?? ''), form.get('keep') !== null);
    setBusy(false);
    setProblem(found);
    if (found) field.current?.select();
  }

  if (isChecking)
    return html`<main class="sign-in"><p role="status">Signing in with the key that this tab kept …</p></main>`;
  const reason = page.session.reason.value;
  return html`
    <main class="sign-in">
      <h1><${Mark} /> Buildlatch</h1>
      <p class="muted">${location.host}</p>
      ${reason && !problem && html`<p class="banner" role="status">${reason}</p>`}
      <form onSubmit=${submit}>
        <label for="key">API key</label>
        <input
          ref=${field}
          id="key"
          name="key"
          type="password"
          autocomplete="off"
          spellcheck=${false}
          required
          aria-invalid=${problem ? 'true' : undefined}
          aria-describedby="key-help key-problem"
        />
        <p id="key-help" class="muted">A key with the scope <code>read</code> is enough to look. It is sent to this controller only.</p>
        <label class="check"><input type="checkbox" name="keep" /> Keep it in this tab until it is closed</label>
        <p id="key-problem" class="problem" role="alert">${problem && explained(problem)}</p>
        <button type="submit" class="primary" disabled=${isBusy}>${isBusy ? 'Signing in …' : 'Sign in'}</button>
      </form>
    </main>
  `;
}

function explained({ kind, text }: Problem): string {
  if (kind === 'signed_out') return `The controller does not take this key: ${text}`;
  return text;
}
