/** How things are written. Pure: `now` and the language are arguments where they matter. */
import type { Platform } from '../lib/domain/build.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `850 ms`, `42 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`; of nothing or less: `0 s`. */
export function duration(ms: number): string {
  if (!(ms > 0)) return '0 s';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / SECOND);
  if (ms < MINUTE) return `${seconds} s`;
  const pair = (whole: number, unit: string, part: number, small: string) =>
    `${whole} ${unit} ${String(part).padStart(2, '0')} ${small}`;
  if (ms < HOUR) return pair(Math.floor(ms / MINUTE), 'min', seconds % 60, 's');
  if (ms < DAY) return pair(Math.floor(ms / HOUR), 'h', Math.floor(ms / MINUTE) % 60, 'min');
  return `${Math.floor(ms / DAY)} d ${Math.floor(ms / HOUR) % 24} h`;
}

/** `just now`, `42 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (ms < 2 * SECOND) return 'just now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  return ms < 2 * DAY ? `${Math.floor(ms / HOUR)} h ago` : `${Math.floor(ms / DAY)} d ago`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `0 B`, `999 B`, `1.5 KiB`, `120 MiB`. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  const amount = count / 1024 ** power;
  return `${power > 0 && amount < 100 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[power]}`;
}

/** `1,234` in the reader's language. */
export const count = (value: number, language?: string) => new Intl.NumberFormat(language).format(value);

/** `93 %`; of none: `–`. */
export const percent = (part: number, whole: number) => (whole > 0 ? `${Math.round((100 * part) / whole)} %` : '–');

/** Local time, with the day where it is not today's. The exact value is `isoTime`. */
export function localTime(at: number, now: number, language?: string): string {
  if (!isTime(at)) return 'no time';
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  const day = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(language, isToday ? time : day).format(at);
}

/** To the millisecond, for whoever wants to know exactly. */
export const isoTime = (at: number) => (isTime(at) ? new Date(at).toISOString() : 'no time');

/** What is none throws wherever it is written, and a view with it. */
const isTime = (at: number) => !Number.isNaN(new Date(at).getTime());

/** `1 build`, `2 builds`. */
export const plural = (value: number, one: string, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** The beginning of an id: enough for people to tell one from another. */
export const shortId = (id: string) => id.slice(0, 8);

/** As their makers write them. */
export const PLATFORM_NAMES: Readonly<Record<Platform, string>> = { ios: 'iOS', android: 'Android' };

/** `iOS`, `Android`; what is neither, as it is. */
export const platformName = (platform: string) =>
  (PLATFORM_NAMES as Readonly<Record<string, string>>)[platform] ?? platform;
