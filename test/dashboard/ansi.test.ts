import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, parseAnsi, plainText } from '../../dashboard/log/ansi.ts';

const ESC = '\x1b';
const spans = (message: string) => parseAnsi(message).map(({ text, style }) => ({ text, ...style }));

describe('colours of a log line', () => {
  it('leaves a line without controls as it is', () => {
    expect(spans('a < b && c\t> d')).toEqual([{ text: 'a < b && c\t> d' }]);
    expect(spans('')).toEqual([]);
  });

  it.each([
    [`${ESC}[31mred${ESC}[0m plain`, [{ text: 'red', fg: 1 }, { text: ' plain' }]],
    [`${ESC}[1;92mbright${ESC}[m.`, [{ text: 'bright', bold: true, fg: 10 }, { text: '.' }]],
    [`${ESC}[44;97m INFO ${ESC}[49;39m x`, [{ text: ' INFO ', bg: 4, fg: 15 }, { text: ' x' }]],
    [
      `${ESC}[1;2;3;4;7;9mall`,
      [{ text: 'all', bold: true, dim: true, italic: true, underline: true, inverse: true, strike: true }],
    ],
    [`${ESC}[1;2mx${ESC}[22my`, [{ text: 'x', bold: true, dim: true }, { text: 'y' }]],
    [`${ESC}[4:3mwavy${ESC}[4:0mno`, [{ text: 'wavy', underline: true }, { text: 'no' }]],
    [`${ESC}[38;5;9mx`, [{ text: 'x', fg: 9 }]],
    [`${ESC}[38;5;208mx`, [{ text: 'x', fg: '#ff8700' }]],
    [`${ESC}[48;5;232mx`, [{ text: 'x', bg: '#080808' }]],
    [`${ESC}[38;5;255mx`, [{ text: 'x', fg: '#eeeeee' }]],
    [`${ESC}[38;2;1;22;255mx`, [{ text: 'x', fg: '#0116ff' }]],
    [`${ESC}[38:2::1:22:255mx`, [{ text: 'x', fg: '#0116ff' }]],
    [`${ESC}[38:2:1:22:255mx`, [{ text: 'x', fg: '#0116ff' }]],
    [`${ESC}[38:5:208;1mx`, [{ text: 'x', fg: '#ff8700', bold: true }]],
    [`\x9b32mgreen`, [{ text: 'green', fg: 2 }]],
  ])('reads %j', (message, expected) => expect(spans(message)).toEqual(expected));

  it.each([
    ['colours out of range', `${ESC}[38;2;1;2;999mx`],
    ['an index out of range', `${ESC}[38;5;999mx`],
    ['codes that nobody knows', `${ESC}[5;8;51;999mx`],
    ['a colour that is cut off', `${ESC}[38mx`],
    ['something that is no number', `${ESC}[1:mx`.replace('1:', '?25;<')],
  ])('is not confused by %s', (_what, message) => expect(spans(message)).toEqual([{ text: 'x' }]));

  it('does not read the parts of a colour as codes of their own', () => {
    expect(spans(`${ESC}[38;2;1;4;7mx`)).toEqual([{ text: 'x', fg: '#010407' }]);
  });
});

describe('what is no colour', () => {
  it.each([
    ['a link', `see ${ESC}]8;;javascript:alert(1)${ESC}\\here${ESC}]8;;${ESC}\\.`, 'see here.'],
    ['a title', `${ESC}]0;owned\x07x`, 'x'],
    ['a device string', `${ESC}P1;2q#0~~${ESC}\\x`, 'x'],
    ['a cursor that is moved', `${ESC}[10;10H${ESC}[2Jx`, 'x'],
    ['a private mode', `${ESC}[?25lx${ESC}[?25h`, 'x'],
    ['a character set', `${ESC}(Bx${ESC}=`, 'x'],
    ['a lone escape at the end', `x${ESC}`, 'x'],
    ['a string without an end', `${ESC}]8;;evil`, '8;;evil'],
    ['a sequence without an end', `${ESC}[31`, '31'],
  ])('drops %s', (_what, message, expected) => expect(plainText(message)).toBe(expected));

  it('shows controls, and what would turn the direction of text, as pictures', () => {
    expect(plainText('a\x00b\x07c\x7fd\u202ee\u2066f\u2028g')).toBe('a␀b␇c\ufffdd\ufffde\ufffdf\ufffdg');
  });

  it('keeps what looks like markup as text', () => {
    const hostile = `<script>alert("1")</script><img src=x onerror=alert(1)>&amp;`;
    expect(spans(`${ESC}[31m${hostile}`)).toEqual([{ text: hostile, fg: 1 }]);
  });
});

describe('what writes over itself', () => {
  it.each([
    ['a bar that grows', '  0%\r 50%\r100%', '100%'],
    ['what stays behind a shorter text', 'abcdef\rXY', 'XYcdef'],
    ['an erased rest', `abcdef\rXY${ESC}[K`, 'XY'],
    ['an erased line', `abc${ESC}[2K\rx`, 'x  '],
    ['an erased beginning', `abcdef\b\b${ESC}[1K`, '    ef'],
    ['a column', `abcdef${ESC}[1G${ESC}[0Kx`, 'x'],
    ['a spinner', '|\b/\b-\bdone', 'done'],
    ['a backspace at the beginning', '\b\bx', 'x'],
    ['its own line end', 'x\r\n', 'x'],
  ])('ends as the terminal would: %s', (_what, message, expected) => expect(plainText(message)).toBe(expected));

  it('keeps the colour of what is not written over', () => {
    expect(spans(`${ESC}[31mabcdef\r${ESC}[32mXY`)).toEqual([
      { text: 'XY', fg: 2 },
      { text: 'cdef', fg: 1 },
    ]);
  });
});

describe('any line', () => {
  const piece = fc.constantFrom(
    ESC,
    '[',
    ']',
    ';',
    ':',
    '3',
    '38',
    '5',
    '2',
    'm',
    'K',
    'G',
    '\r',
    '\b',
    '\x9b',
    '\x07',
    '\\',
    'a',
    'é',
    '😀',
    '<',
  );
  const hostile = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));

  it('has no control left, and reads as its spans', () => {
    fc.assert(
      fc.property(hostile, (message) => {
        const text = plainText(message);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
        expect(text).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/);
        expect(plainText(text)).toBe(text);
        expect(
          parseAnsi(message)
            .map((span) => span.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it.each([
    ['escapes', `${ESC}[`],
    ['strings without an end', `${ESC}]8;;x`],
    ['colours', `${ESC}[31mx${ESC}[0m`],
    ['backspaces', 'ab\b'],
    ['carriage returns', '\rabc'],
    ['digits', '1'],
  ])('of 64,000 characters of %s is read in well under a second', (_what, unit) => {
    const message = `${ESC}[${unit.repeat(64_000 / unit.length)}`;
    const begin = performance.now();
    parseAnsi(message);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe('a part of a line', () => {
  it('keeps its styles', () => {
    expect(cut(parseAnsi(`ab${ESC}[31mcd${ESC}[0mef`), 1, 5).map(({ text }) => text)).toEqual(['b', 'cd', 'e']);
    expect(cut(parseAnsi('abc'), 3, 9)).toEqual([]);
  });
});
