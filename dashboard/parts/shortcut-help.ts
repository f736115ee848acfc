import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { storageOf } from '../browser.ts';
import { createShortcuts, SHORTCUTS } from '../shortcuts.ts';
import { isElsewhere } from './is-elsewhere.ts';

/** Single letters get in the way of who steers by voice: they can be put off, and this browser remembers that. */
const PLACE = 'buildlatch.shortcuts';
const areOn = () => storageOf('localStorage')?.getItem(PLACE) !== 'off';

/** Listens for shortcuts, and shows them all on `?`. */
export function ShortcutHelp() {
  const isOpen = useSignal(false);
  useEffect(() => {
    const read = createShortcuts();
    const onKey = (event: KeyboardEvent) => {
      const found = read({ key: event.key, at: event.timeStamp, isElsewhere: !areOn() || isElsewhere(event) });
      if (!found) return;
      event.preventDefault();
      if (found.kind === 'go') location.hash = found.href;
      else isOpen.value = true;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [isOpen]);
  const open = () => {
    isOpen.value = true;
  };
  const close = () => {
    isOpen.value = false;
  };
  return html`
    <button type="button" class="quiet help" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick=${open}>?</button>
    ${isOpen.value && html`<${Dialog} onClose=${close} />`}
  `;
}

function Dialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const keep = (event: { currentTarget: HTMLInputElement }) =>
    storageOf('localStorage')?.setItem(PLACE, event.currentTarget.checked ? 'on' : 'off');
  return html`
    <dialog ref=${dialog} aria-labelledby="shortcuts" onClose=${onClose}>
      <form method="dialog">
        <h2 id="shortcuts">Keyboard shortcuts</h2>
        <dl class="shortcuts">
          ${SHORTCUTS.map(([keys, does]) => html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${does}</dd></div>`)}
        </dl>
        <label class="check"><input type="checkbox" checked=${areOn()} onChange=${keep} /> Shortcuts are on in this browser</label>
        <div class="buttons"><button type="button" class="primary" onClick=${() => dialog.current?.close()}>Close</button></div>
      </form>
    </dialog>
  `;
}
