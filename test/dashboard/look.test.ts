import { describe, expect, it } from 'vitest';
import { parseAnsi } from '../../dashboard/log/ansi.ts';
import { lineText, logText } from '../../dashboard/log/log-text.ts';
import { classOf, named, piecesOf } from '../../dashboard/log/look.ts';
import { shortDuration } from '../../dashboard/plots/plot-data.ts';
import { stacked } from '../../dashboard/plots/stacked.ts';

describe('the look of a span', () => {
  it.each([
    [{}, ''],
    [{ fg: 1, bold: true }, 'fg-red bold'],
    [{ fg: 9, bg: 12 }, 'fg-red bg-blue'],
    [{ fg: 0 }, 'fg-text'],
    [{ fg: 8, dim: true }, 'fg-grey dim'],
    [{ inverse: true }, 'bg-text'],
    [{ inverse: true, fg: 1 }, 'bg-red'],
    [{ inverse: true, fg: 1, bg: 2 }, 'fg-green bg-red'],
    [{ underline: true, strike: true, italic: true }, 'italic underline strike'],
  ] as const)('%j', (style, expected) => expect(classOf(style)).toBe(expected));

  it.each([
    ['#ff0000', 'red'],
    ['#ff0040', 'red'],
    ['#ff8700', 'yellow'],
    ['#ffd700', 'yellow'],
    ['#00ff00', 'green'],
    ['#00d7ff', 'cyan'],
    ['#0000ff', 'blue'],
    ['#af00ff', 'magenta'],
    ['#808080', 'grey'],
    ['#ffffff', 'text'],
    ['#000000', 'text'],
  ] as const)('%s is shown as %s', (colour, name) => expect(named(colour)).toBe(name));
});

describe('the pieces of a line', () => {
  it('are cut where a match begins and ends, across its colours', () => {
    const spans = parseAnsi('ab\x1b[31mcd\x1b[0mef');
    expect(piecesOf(spans, { line: 0, ranges: [1, 3, 4, 5] })).toEqual([
      { text: 'a', className: '', isMatch: false },
      { text: 'b', className: '', isMatch: true },
      { text: 'c', className: 'fg-red', isMatch: true },
      { text: 'd', className: 'fg-red', isMatch: false },
      { text: 'e', className: '', isMatch: true },
      { text: 'f', className: '', isMatch: false },
    ]);
    expect(piecesOf(spans, undefined).map(({ text }) => text)).toEqual(['ab', 'cd', 'ef']);
  });
});

describe('a log as text', () => {
  const line = (at: number) => ({ timestamp: at, level: 'warn' as const, message: `\x1b[31mline ${at}\x1b[0m` });

  it('has the time, the level, and no colours', () => {
    expect(lineText(line(0))).toBe('1970-01-01T00:00:00.000Z warn  line 0\n');
  });

  it('comes in parts, with a pause between them', async () => {
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    const all = Array.from({ length: 2_500 }, (_, at) => line(at));
    const parts = await logText(all, pause);
    expect([parts.length, pauses]).toEqual([3, 2]);
    expect(parts.join('').split('\n')).toHaveLength(2_501);
    expect((await logText(all, pause, 10, 12)).join('')).toBe(lineText(line(10)) + lineText(line(11)));
  });
});

describe('what plots are drawn of', () => {
  it('stands on what is below it', () => {
    const series = [
      { name: 'a', color: 'good' as const, values: [1, null, 3] },
      { name: 'b', color: 'bad' as const, values: [10, 20, null] },
    ];
    expect(stacked(series)).toEqual([
      [1, 0, 3],
      [11, 20, 3],
    ]);
  });

  it.each([
    [0, '0'],
    [250, '250 ms'],
    [1_500, '1.5 s'],
    [60_000, '1 min'],
    [5_400_000, '1.5 h'],
  ])('%i ms are %s on an axis', (ms, text) => expect(shortDuration(ms)).toBe(text));
});
