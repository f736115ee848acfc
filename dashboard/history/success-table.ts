import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { count, duration, percent, platformName } from '../format.ts';
import { Table } from '../parts/table.ts';
import type { Success } from './aggregate.ts';

const COLUMNS = [
  { title: 'Succeed', isNumber: true },
  { title: 'Builds', isNumber: true },
  { title: 'Take', isNumber: true },
];
/** A farm may have hundreds of workers; those with most builds come first. */
const SHOWN = 8;

/** How builds ended, as a share of those that did, with a bar to compare by. */
export function SuccessTable({ by, rows }: { by: 'worker' | 'platform'; rows: readonly Success[] }) {
  const [isWhole, setWhole] = useState(false);
  if (rows.length === 0) return null;
  const shown = isWhole ? rows : rows.slice(0, SHOWN);
  const hidden = rows.length - shown.length;
  return html`
    <section class="card success" aria-label=${`Success by ${by}`}>
      <h3>Success by ${by}</h3>
      <${Table}
        caption=${`Success by ${by}`}
        columns=${[{ title: by === 'worker' ? 'Worker' : 'Platform' }, ...COLUMNS]}
        rows=${shown.map((row) => ({ key: row.key, cells: cellsOf(row, by) }))}
      />
      ${hidden > 0 && html`<button type="button" class="quiet" onClick=${() => setWhole(true)}>${count(hidden)} more</button>`}
    </section>
  `;
}

function cellsOf({ name, completed, failed, usualMs }: Success, by: 'worker' | 'platform') {
  const total = completed + failed;
  return [
    by === 'platform' ? platformName(name) : name,
    html`<span class="rate">${percent(completed, total)}<meter min="0" max=${total} value=${completed} aria-hidden="true"></meter></span>`,
    count(total),
    usualMs === null ? '–' : duration(usualMs),
  ];
}
