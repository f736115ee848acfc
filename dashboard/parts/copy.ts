import { html } from 'htm/preact';
import type { Page } from '../page.ts';

/** Puts text on the clipboard. False where the browser does not let pages do that. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Absent on pages that came by plain HTTP from another machine.
    if (!navigator.clipboard) return copyByHand(text);
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return copyByHand(text);
    throw error;
  }
}

function copyByHand(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}

/** A button that copies something; what it is, is said. */
export function CopyButton({ page, text, what }: { page: Page; text: string; what: string }) {
  const copy = async () =>
    page.announce((await copyText(text)) ? `Copied ${what}` : `The browser did not let ${what} be copied`);
  return html`<button type="button" class="quiet copy" aria-label=${`Copy ${what}`} title=${`Copy ${what}`} onClick=${copy}>Copy</button>`;
}
