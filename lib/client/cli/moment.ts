import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../duration.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** With its offset: the times that a list prints are UTC, and a machine's own zone would be a guess. */
const TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A moment in ms since 1970: `24h` before `now`, the beginning (UTC) of `2026-11-26`, or `2026-11-26T09:30Z`. Undefined for
 * anything else, and for a time before 1970.
 */
export function parseMoment(text: string, now: number): number | undefined {
  const agoMs = parseDuration(text);
  const at = agoMs === undefined ? timeOf(text.trim()) : Math.round(now - agoMs);
  return at !== undefined && at >= 0 ? at : undefined;
}

function timeOf(text: string): number | undefined {
  const day = DATE.test(text) ? text : TIME.exec(text)?.[1];
  const at = Date.parse(text);
  if (day === undefined || Number.isNaN(at)) return undefined;
  // The 31st of February would be taken for a day of March.
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day) ? at : undefined;
}

export function moment(text: string): number {
  const at = parseMoment(text, Date.now());
  if (at === undefined) throw new InvalidArgumentError('Not a time: write 24h, 7d, 2026-11-26 or 2026-11-26T09:30Z.');
  return at;
}
