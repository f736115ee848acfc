const FIELDS = 'input, select, textarea, [contenteditable]';

/** Whether a key is meant for something else than the page's own letters: a field, an open dialog, or the browser itself. */
export function isElsewhere({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return true;
  return target instanceof Element && target.closest(FIELDS) !== null;
}
