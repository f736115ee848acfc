/** Stretches of local time that plots are divided into. */
type PeriodKind = 'hour' | 'day' | 'week';

export interface Periods {
  readonly kind: PeriodKind;
  /** The beginnings, in ms, oldest first, without gaps. */
  readonly starts: readonly number[];
  /** Which of them a moment is in. */
  indexOf(at: number): number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So many bars are still told from one another; then the next larger kind is taken. */
const MOST_HOURS = 48;
const MOST_DAYS = 92;

/** The periods from one moment to another, both within. Days begin at midnight where the reader is. */
export function periodsBetween(from: number, to: number): Periods {
  const span = Math.max(0, to - from);
  const kind = span <= MOST_HOURS * HOUR_MS ? 'hour' : span <= MOST_DAYS * DAY_MS ? 'day' : 'week';
  const starts: number[] = [];
  for (let at = startOf(kind, from); at <= to; at = nextStart(kind, at)) starts.push(at);
  const indexes = new Map(starts.map((start, index) => [start, index]));
  return { kind, starts, indexOf: (at) => indexes.get(startOf(kind, at)) ?? -1 };
}

function startOf(kind: PeriodKind, at: number): number {
  const date = new Date(at);
  if (kind === 'hour') return date.setMinutes(0, 0, 0);
  date.setHours(0, 0, 0, 0);
  // Weeks begin on Monday.
  return kind === 'day' ? date.getTime() : date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
}

/** By the calendar: a day has 23 or 25 hours where clocks are changed. */
function nextStart(kind: PeriodKind, start: number): number {
  if (kind === 'hour') return start + HOUR_MS;
  const date = new Date(start);
  return date.setDate(date.getDate() + (kind === 'day' ? 1 : 7));
}
