import { describe, expect, it } from 'vitest';
import {
  ago,
  bytes,
  count,
  duration,
  isoTime,
  localTime,
  percent,
  platformName,
  plural,
  shortId,
} from '../../dashboard/format.ts';

const [S, M, H, D] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('what the dashboard writes', () => {
  it.each([
    [-5, '0 s'],
    [Number.NaN, '0 s'],
    [850, '850 ms'],
    [42 * S, '42 s'],
    [3 * M + 5 * S, '3 min 05 s'],
    [2 * H + 7 * M + 59 * S, '2 h 07 min'],
    [3 * D + 4 * H, '3 d 4 h'],
  ])('a duration of %d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [-10 * S, 'just now'],
    [S, 'just now'],
    [42 * S, '42 s ago'],
    [3 * M, '3 min ago'],
    [47 * H, '47 h ago'],
    [5 * D, '5 d ago'],
  ])('what was %d ms before is %s', (ms, text) => expect(ago(10 * D - ms, 10 * D)).toBe(text));

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [120 * 1024 ** 2, '120 MiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
    [2 ** 60, '1048576 TiB'],
  ])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

  it('a number, a share and a plural are as people write them', () => {
    expect([count(12345, 'en'), percent(13, 14), percent(0, 0)]).toEqual(['12,345', '93 %', '–']);
    expect([plural(1, 'build'), plural(0, 'build'), plural(2, 'entry', 'entries')]).toEqual([
      '1 build',
      '0 builds',
      '2 entries',
    ]);
    expect(shortId('V1StGXR8_Z5jdHi6B-myT')).toBe('V1StGXR8');
    expect(['ios', 'android', 'visionos'].map(platformName)).toEqual(['iOS', 'Android', 'visionos']);
  });

  it('a local time has the day where it is not today’s, and the exact one beside it', () => {
    const now = new Date(2026, 10, 26, 14, 3, 22).getTime();
    expect(localTime(now - 5 * S, now, 'en-GB')).toBe('14:03:17');
    expect(localTime(now - 3 * D, now, 'en-GB')).toBe('23 Nov, 14:03');
    expect([isoTime(Number.NaN), localTime(1e20, now)]).toEqual(['no time', 'no time']);
    expect(isoTime(Date.UTC(2026, 10, 26, 14, 3, 22, 7))).toBe('2026-11-26T14:03:22.007Z');
  });
});
