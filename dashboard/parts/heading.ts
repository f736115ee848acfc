import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * The view's one `h1`, and the tab's title. Where another view is shown, the focus moves here, so that the keyboard and a
 * screen reader begin at its beginning. `children` stand beside it.
 */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Buildlatch`;
  }, [title]);
  useEffect(() => heading.current?.focus(), []);
  return html`<header class="heading"><h1 ref=${heading} tabindex="-1">${title}</h1>${children}</header>`;
}

/** Where what had the focus has gone with what was done, the keyboard goes on at the beginning of the view. */
export function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector('h1')?.focus();
  });
}
