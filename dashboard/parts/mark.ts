import { html } from 'htm/preact';

/** The bolt and its latch, as the tab's icon has them. */
export const Mark = () => html`
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M10 7v12a5 5 0 0 0 5 5h7M10 14h7a5 5 0 0 1 5 5v0" />
  </svg>
`;
