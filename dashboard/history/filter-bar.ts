import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { PLATFORM_NAMES } from '../format.ts';
import type { Page } from '../page.ts';
import { BUILD_STATES } from '../parts/badge.ts';
import { hrefOf } from '../route.ts';
import { FILTERS, type Filters, filtersOf } from './filters.ts';

/** The filters. Each change is another address, so that it can be kept, sent and gone back from. */
export function FilterBar({ page, filters }: { page: Page; filters: Filters }) {
  const workers = useWorkers(page, filters.worker);
  const apply = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const given = Object.fromEntries(FILTERS.map((name) => [name, String(form.get(name) ?? '')]));
    location.hash = hrefOf({ view: 'history', query: filtersOf(given) as Record<string, string> });
  };
  const isFiltered = Object.keys(filters).length > 0;
  // The fields are the browser's own; another address has other fields.
  return html`
    <form key=${JSON.stringify(filters)} class="card filters" role="search" aria-label="Builds" onSubmit=${apply} onChange=${apply}>
      <${Choice} name="state" label="State" value=${filters.state} options=${BUILD_STATES.map((state) => [state, state])} />
      <${Choice} name="platform" label="Platform" value=${filters.platform} options=${Object.entries(PLATFORM_NAMES)} />
      <${Choice} name="worker" label="Worker" value=${filters.worker} options=${workers} />
      <${Field} name="label" label="Label" value=${filters.label} placeholder="team=red" />
      <${Field} name="text" label="Text" value=${filters.text} placeholder="id, worker, file, failure" />
      <${Field} name="from" label="From" type="date" value=${filters.from} />
      <${Field} name="to" label="To" type="date" value=${filters.to} />
      <div class="filter-buttons">
        <button type="submit" class="visually-hidden">Filter</button>
        ${isFiltered && html`<a class="button" href=${hrefOf({ view: 'history', query: {} })}>Clear</a>`}
      </div>
    </form>
  `;
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder?: string;
  readonly type?: string;
}

const Field = ({ name, label, value = '', placeholder = '', type = 'text' }: FieldProps) => html`
  <div class="filter"><label for=${`by-${name}`}>${label}</label><input id=${`by-${name}`} name=${name} type=${type} placeholder=${placeholder} defaultValue=${value} maxlength="200" /></div>
`;

type Option = readonly [value: string, title: string];

function Choice({ name, label, value = '', options }: FieldProps & { options: readonly Option[] }) {
  const all: readonly Option[] = [['', 'all'], ...options];
  // What the address asks for is shown, whatever it is.
  const known = all.some(([one]) => one === value) ? all : [...all, [value, value] as const];
  return html`
    <div class="filter"><label for=${`by-${name}`}>${label}</label>
      <select id=${`by-${name}`} name=${name}>${known.map(([one, title]) => html`<option value=${one} selected=${one === value}>${title}</option>`)}</select>
    </div>
  `;
}

/** The workers to choose from, by name. Who may not see them can still follow a link that names one. */
function useWorkers(page: Page, asked: string | undefined): readonly Option[] {
  const [workers, setWorkers] = useState<readonly Option[]>([]);
  useEffect(() => {
    const giveUp = new AbortController();
    page.api.ask('GET /api/workers', { query: { limit: '100' }, signal: giveUp.signal }).then((answer) => {
      if (!answer.ok) return;
      const found = answer.value.workers.map(({ id, name }): Option => [id, name]);
      setWorkers(found.toSorted(([, a], [, b]) => a.localeCompare(b)));
    }, reportError);
    return () => giveUp.abort();
  }, [page]);
  return asked === undefined || workers.some(([id]) => id === asked) ? workers : [...workers, [asked, asked]];
}
