import { html } from 'htm/preact';
import type { Problem } from '../answer.ts';

/** Why something did not work, in the controller's words; with a way to try again where that may help. */
export function ProblemNote({ problem, onAgain }: { problem: Problem; onAgain?: () => void }) {
  return html`
    <div class="banner bad" role="alert">
      <p>${problem.text}</p>
      ${onAgain && html`<button type="button" onClick=${onAgain}>Try again</button>`}
    </div>
  `;
}
