import { html, render } from 'htm/preact';
import { App } from './app.ts';
import { storageOf, surroundings } from './browser.ts';
import { createPage } from './page.ts';
import { startTheme } from './parts/theme-switch.ts';

startTheme();
const page = createPage({
  // Not the address itself: what stands behind its `#` is ours.
  base: new URL('.', document.baseURI).href,
  fetch: (input, init) => window.fetch(input, init),
  kept: storageOf('sessionStorage'),
  surroundings,
});
render(html`<${App} page=${page} />`, document.body);
