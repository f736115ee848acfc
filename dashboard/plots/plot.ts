import { html } from 'htm/preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { isoTime } from '../format.ts';
import type { PlotData } from './plot-data.ts';

interface Props {
  readonly title: string;
  /** What the plot shows, in a sentence: for who does not see it, and for everybody else below the title. */
  readonly summary: string;
  readonly data: PlotData;
  /** How a place on the axis of time is written in the table. */
  readonly timeText: (at: number) => string;
}

/** A plot, with its figures as a table. What draws it is loaded when the first one is shown. */
export function Plot({ title, summary, data, timeText }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState('');
  const id = useId();
  useEffect(() => {
    let end = () => {};
    let isGone = false;
    import('./chart.ts').then(
      ({ drawChart }) => {
        if (!isGone && place.current) end = drawChart(place.current, data);
      },
      () => setProblem('The plot could not be loaded: load the page again. Its figures are in the table.'),
    );
    return () => {
      isGone = true;
      end();
    };
  }, [data]);
  return html`
    <figure class="card plot" aria-labelledby=${id}>
      <figcaption><h3 id=${id}>${title}</h3><p class="small">${summary}</p></figcaption>
      <p class="problem">${problem}</p>
      <div class="plot-place" ref=${place} role="img" aria-label=${`${title}: ${summary}`}></div>
      <details>
        <summary>As a table</summary>
        <${PlotTable} title=${title} data=${data} timeText=${timeText} />
      </details>
    </figure>
  `;
}

function PlotTable({ title, data: { times, series, format, formatRight }, timeText }: Omit<Props, 'summary'>) {
  return html`
    <div class="table-scroll plot-table" tabindex="0" role="region" aria-label=${`${title}, as a table`}>
      <table>
        <thead><tr><th scope="col">Time</th>${series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
        <tbody>${times.map(
          (at, index) => html`
            <tr key=${at}>
              <th scope="row" title=${isoTime(at)}>${timeText(at)}</th>
              ${series.map(({ values, isOnRight }) => {
                const value = values[index];
                const write = isOnRight ? (formatRight ?? format) : format;
                return html`<td class="number">${value === null || value === undefined ? '–' : write(value)}</td>`;
              })}
            </tr>
          `,
        )}</tbody>
      </table>
    </div>
  `;
}
