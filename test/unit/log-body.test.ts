import { describe, expect, it } from 'vitest';
import { inBatches, MAX_BATCH_BYTES, sizeOf } from '../../lib/domain/log-line.ts';
import { logBody } from '../../lib/runtime/log-body.ts';
import { linesOf } from '../../lib/runtime/log-lines.ts';
import { NOW } from '../support/builders.ts';
import { LINE_CHARACTERS } from '../support/settings.ts';

const fields = (body: string | Buffer) =>
  logBody({ body: Buffer.from(body).toString('base64'), isBase64Encoded: true, headers: {} }, LINE_CHARACTERS).fields;
const messages = (body: string | Buffer) =>
  linesOf(fields(body), NOW, [], LINE_CHARACTERS).lines.map(({ message }) => message);
const joined = (...texts: string[]) =>
  `{"logs":[${texts.map((text) => `{"level":"info","message":"${text}"}`).join(',')}]}`;

describe('the body of a log call', () => {
  it.each([
    ['colour codes', '\u001b[31mred\u001b[0m'],
    ['a tab, a bell and a line end', 'a\tb\u0007\nc\r'],
    ['quotation marks', 'error: "foo", "bar" and "baz"'],
    ['JSON', '{"level":"x","a":["b"],"c":{"d":1}}'],
    ['what is no escape', '\\d+\\.swift C:\\Users\\x'],
    ['a path that ends in a backslash', 'C:\\work\\'],
    ['a mark at its end', 'said "done"'],
    ['a mark alone', '"'],
    ['nothing', ''],
  ])('that was joined from text keeps %s', (_what, text) => {
    expect(messages(joined('before', text, 'after'))).toEqual(['before', text, 'after']);
    expect(messages(`{"level":"warn","message":"${text}"}`)).toEqual([text]);
    expect(messages(`{ "message" : "${text}" , "level" : "warn" }\n`)).toEqual([text]);
  });

  it('is read as it is where it is JSON', () => {
    const text = 'a "quoted" \\d "}, {"level":"info"';
    expect(messages(JSON.stringify({ logs: [{ level: 'info', message: text }] }))).toEqual([text]);
    expect(fields('{"level":"info","message":"m","more":[1]}')).toEqual({ level: 'info', message: 'm', more: [1] });
  });

  it('that cannot be repaired is a line of its own', () => {
    const cut = [
      '{',
      '{"level":"info","message":"cut of',
      '{"logs":[{"level"',
      '{"logs":[{"level":"info","message":"a"},',
    ];
    for (const text of ['plain text', ...cut, '<html>', "{'a':1}", '['.repeat(1e5)]) {
      const { lines } = linesOf(fields(text), NOW, [], LINE_CHARACTERS);
      expect(lines.map(({ message }) => message).join('') === text, text.slice(0, 30)).toBe(true);
      expect(lines[0]?.level).toBe('info');
    }
  });

  it('that is long and cannot be repaired loses nothing', () => {
    const text = `x${'0123456789'.repeat(10_000)}`;
    expect(messages(text).join('')).toBe(text);
    expect(messages(text).length).toBe(7);
  });

  it.each(['', ' \n', '\0\u0001', '[]', 'null', '7', '"x"', '{}', '{"level":"info"}', '{"logs":"x"}'])(
    'that is JSON of neither shape, or has no text, is refused in the words of old: %j',
    (text) => {
      expect(() => messages(text)).toThrow('Invalid body. Expected { level, message } or { logs: [...] }');
    },
  );

  it('refuses a level that is none for a single line, and leaves such a line out of a batch', () => {
    const wrong = 'Invalid log level. Must be: info, warn, or error';
    expect(() => messages('{"level":"debug","message":"m"}')).toThrow(wrong);
    expect(messages('{"logs":[{"level":"debug","message":"a"},{"level":"info","message":"b"},7,null]}')).toEqual(['b']);
  });

  it('takes no longer for what is made to take long', () => {
    const hostile = {
      marks: `{"message":"${'"'.repeat(1e6)}`,
      ends: `{"message":"${`"}${' '.repeat(1000)}`.repeat(1000)}`,
      commas: `{"message":"${`"${' '.repeat(1000)},`.repeat(1000)}`,
      backslashes: `{"message":"${'\\'.repeat(1e6)}`,
      names: `{"message":"${'","level"'.repeat(1e5)}`,
      controls: `{"message":"${'\u001b'.repeat(1e6)}"`,
    };
    for (const [what, text] of Object.entries(hostile)) {
      const startedAt = performance.now();
      logBody({ body: text, isBase64Encoded: false, headers: {} }, LINE_CHARACTERS);
      // Linear is 0.1 s; quadratic would be minutes.
      expect(performance.now() - startedAt, what).toBeLessThan(5_000);
    }
  });
});

describe('lines that are stored together', () => {
  it('are as many as fit, in their order, and each line fits', () => {
    const lines = Array.from({ length: 40 }, (_, at) => ({
      timestamp: NOW,
      level: 'info' as const,
      message: at % 3 === 0 ? '\u001b'.repeat(16_000) : `${at}`.repeat(4_000),
    }));
    const batches = inBatches(lines);
    expect(batches.flat()).toEqual(lines);
    expect(batches.length).toBeGreaterThan(3);
    for (const batch of batches) {
      expect(batch.reduce((sum, line) => sum + sizeOf(line), 0)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    }
    expect(inBatches([])).toEqual([]);
  });

  it('are measured as an answer shows them', () => {
    const line = { timestamp: NOW, level: 'error' as const, message: 'ä"\u001b\\💥' };
    expect(sizeOf(line)).toBe(Buffer.byteLength(JSON.stringify(line)) + 1);
  });
});
