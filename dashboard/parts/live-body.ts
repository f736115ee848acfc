import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Live } from '../live.ts';
import { ProblemNote } from './problem-note.ts';

interface Props<T> {
  readonly live: Live<T>;
  /** For screen readers, while nothing is there yet. */
  readonly waitingFor: string;
  readonly children: (value: T) => ComponentChildren;
}

/** What is known, or that it is on its way, or why it does not come. */
export function LiveBody<T>({ live, waitingFor, children }: Props<T>) {
  const [value, problem] = [live.value.value, live.problem.value];
  const note =
    problem && (value === undefined || problem.kind !== 'away')
      ? html`<${ProblemNote} problem=${problem} onAgain=${() => void live.refresh()} />`
      : undefined;
  if (value !== undefined) return html`${note}${children(value)}`;
  return (
    note ?? html`<p class="waiting" role="status"><span class="visually-hidden">Waiting for ${waitingFor} …</span></p>`
  );
}
