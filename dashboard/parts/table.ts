import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** Its title is for screen readers only: it holds buttons, say. */
  readonly isUntitled?: boolean;
}

export interface Row {
  readonly key: string;
  /** One for each column; the first names the row. */
  readonly cells: readonly ComponentChildren[];
}

interface Props {
  /** For screen readers: a heading above says it to everybody else. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/**
 * A table, whose rows become cards on a narrow screen. The roles are written out, since a browser forgets them where a style
 * shows a table as something else.
 */
export function Table({ caption, columns, rows }: Props) {
  return html`
    <table class="stacks" role="table">
      <caption class="visually-hidden">${caption}</caption>
      <thead role="rowgroup">
        <tr role="row">${columns.map((column) => html`<th role="columnheader" scope="col" class=${classOf(column)}>${titleOf(column)}</th>`)}</tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(({ key, cells }) => html`<tr role="row" key=${key}>${cells.map((cell, index) => cellOf(columns[index], cell))}</tr>`)}
      </tbody>
    </table>
  `;
}

function cellOf(column: Column | undefined, content: ComponentChildren) {
  const label = column?.isUntitled ? '' : column?.title;
  return html`<td role="cell" class=${classOf(column)} data-label=${label}><div>${content}</div></td>`;
}

const classOf = (column: Column | undefined) => (column?.isNumber ? 'number' : column?.isUntitled ? 'actions' : '');

const titleOf = ({ title, isUntitled }: Column) =>
  isUntitled ? html`<span class="visually-hidden">${title}</span>` : title;
