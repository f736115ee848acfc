import type { Operations } from '../../lib/client/api-types.ts';

/** What the address of the view may say, by these names. */
export const FILTERS = ['state', 'platform', 'worker', 'label', 'text', 'from', 'to'] as const;
type Filter = (typeof FILTERS)[number];
export type Filters = Partial<Record<Filter, string>>;

export type ListQuery = Operations['GET /api/builds']['query'];

/** Those of an address, without what is empty or no filter. */
export function filtersOf(query: Readonly<Record<string, string>>): Filters {
  return Object.fromEntries(
    FILTERS.map((name) => [name, query[name]?.trim() ?? '']).filter(([, value]) => value !== ''),
  );
}

/** As the API is asked. What an address has made up is sent as it is: the controller then says what is wrong with it. */
export function listQuery({ state, platform, worker, label, text, from, to }: Filters): ListQuery {
  const given = {
    status: state,
    platform,
    worker_id: worker,
    label,
    text,
    submitted_after: from && dayStart(from, 0),
    submitted_before: to && dayStart(to, 1),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ListQuery;
}

/** The beginning of a day where the reader is, or of one that comes so many days later, in ms. Of what is no day, itself. */
function dayStart(day: string, later: number): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (date === undefined) return day;
  return String(new Date(Number(year), Number(month) - 1, Number(date) + later).getTime());
}
