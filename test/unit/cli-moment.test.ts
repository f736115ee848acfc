import { expect, it } from 'vitest';
import { parseMoment } from '../../lib/client/cli/moment.ts';

const NOW = Date.UTC(2026, 10, 26, 12);

it.each([
  ['24h', NOW - 86_400_000],
  ['7d', NOW - 7 * 86_400_000],
  ['90', NOW - 90_000],
  ['1.5h', NOW - 5_400_000],
  ['2026-11-20', Date.UTC(2026, 10, 20)],
  ['2026-11-20T09:30Z', Date.UTC(2026, 10, 20, 9, 30)],
  ['2026-11-20T09:30:15+02:00', Date.UTC(2026, 10, 20, 7, 30, 15)],
])('%s is a moment', (text, at) => expect(parseMoment(text, NOW)).toBe(at));

it.each(['', '0h', 'yesterday', '2026-02-31', '2026-13-01', '2026-11-20T09:30', '26.11.2026', '1969-12-31', '999999d'])(
  '%j is none',
  (text) => expect(parseMoment(text, NOW)).toBeUndefined(),
);
