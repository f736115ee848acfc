import { html } from 'htm/preact';
import { isoTime } from '../format.ts';
import { parseAnsi } from './ansi.ts';
import type { Row } from './log-model.ts';
import { piecesOf } from './look.ts';
import type { Match } from './match.ts';

interface Props {
  readonly row: Row;
  readonly match: Match | undefined;
  /** Of the matches, the one that was gone to. */
  readonly isCurrent: boolean;
  readonly isPicked: boolean;
  readonly onPick: (line: number, isExtending: boolean) => void;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** One line, or where an attempt begins. */
export function LogRow({ row, match, isCurrent, isPicked, onPick }: Props) {
  if (row.kind === 'boundary') return html`<div class="log-row boundary"><span>${row.boundary.label}</span></div>`;
  const { index, line } = row;
  const classes = ['log-row', line.level, isCurrent && 'current', isPicked && 'picked'].filter(Boolean).join(' ');
  const pick = (event: MouseEvent) => onPick(index, event.shiftKey);
  return html`
    <div class=${classes}>
      <span class="log-number" onClick=${pick} title=${isoTime(line.timestamp)}>${index + 1}</span>
      <span class="log-time">${CLOCK.format(line.timestamp)}</span>
      <span class="log-level">${line.level === 'info' ? '' : line.level}</span>
      <span class="log-text">${piecesOf(parseAnsi(line.message), match).map(({ text, className, isMatch }) =>
        isMatch
          ? html`<mark class=${className}>${text}</mark>`
          : className === ''
            ? text
            : html`<span class=${className}>${text}</span>`,
      )}</span>
    </div>
  `;
}
