import { html } from 'htm/preact';

interface Props {
  /** Of the page that is shown, from 1. */
  readonly number: number;
  /** Absent: there is none. */
  readonly onBack: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

/** Back and on, where there is more than one page. */
export function Pager({ number, onBack, onNext }: Props) {
  if (!onBack && !onNext) return null;
  return html`
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled=${!onBack} onClick=${onBack}>Back</button>
      <span role="status">Page ${number}</span>
      <button type="button" disabled=${!onNext} onClick=${onNext}>Next</button>
    </nav>
  `;
}
