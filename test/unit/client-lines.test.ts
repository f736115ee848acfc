import { describe, expect, it } from 'vitest';
import { createLogQueue } from '../../lib/client/agent/log-queue.ts';
import { MAX_LINE_BYTES, splitLines } from '../../lib/client/agent/output-lines.ts';
import { safeForTerminal } from '../../lib/client/cli/terminal-text.ts';

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('output', () => {
  it('is cut into lines wherever its chunks end', () => {
    expect(linesOf('one\ntw', 'o\n\nthree')).toEqual(['one', 'two', '', 'three']);
    expect(linesOf('a\r', '\nb\r\n', 'c\r')).toEqual(['a', 'b', 'c']);
    expect(linesOf('10%\r50%\r', '100%\n')).toEqual(['10%', '50%', '100%']);
  });

  it('keeps characters whole that are split across chunks', () => {
    const bytes = Buffer.from('grün 🚀\n');
    expect(linesOf(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(['grün 🚀']);
  });

  it('has long lines cut into pieces that together are the line', () => {
    const long = '🚀é'.repeat(5000);
    for (const pieces of [linesOf(`${long}\n`), linesOf(long), linesOf(...(long.match(/.{1,100}/gu) ?? []))]) {
      expect(pieces.join('')).toBe(long);
      expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(MAX_LINE_BYTES);
      expect(pieces.length).toBeLessThan(6);
    }
  });
});

describe('the log queue', () => {
  const line = (message: string) => ({ level: 'info' as const, message });

  it('gives batches of at most 100 lines and 64 KB as they travel', () => {
    const queue = createLogQueue();
    for (let count = 0; count < 150; count++) queue.add(line(`${count}`));
    expect(queue.hasFullBatch()).toBe(true);
    expect(queue.take()).toHaveLength(100);
    expect(queue.take().map(({ message }) => message)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index + 100}`),
    );
    expect(queue.isEmpty()).toBe(true);
    // Six bytes each in JSON.
    for (let count = 0; count < 4; count++) queue.add(line('\u0001'.repeat(5000)));
    expect(queue.take()).toHaveLength(2);
  });

  it('stops growing when nothing is taken, and says how many lines are missing', () => {
    const queue = createLogQueue();
    for (let count = 0; count < 10_000; count++) queue.add(line('x'.repeat(1000)));
    const taken: string[] = [];
    while (!queue.isEmpty()) taken.push(...queue.take().map(({ message }) => message));
    const kept = taken.filter((message) => message.startsWith('x')).length;
    expect(kept).toBeLessThan(4500);
    expect(taken).toContain(`[${10_000 - kept} log lines dropped: the controller could not take them in time]`);
    expect(queue.hasUnmentionedDrops()).toBe(false);
  });
});

describe('text for a terminal', () => {
  it('keeps colours and neutralises every other control', () => {
    expect(safeForTerminal('\x1b[1;31mred\x1b[0m', true)).toBe('\x1b[1;31mred\x1b[0m\x1b[0m');
    expect(safeForTerminal('\x1b]0;title\x07\x1b[2J\x1b[8mx\r', true)).toBe('␛]0;title␇␛[2J\x1b[8mx␍\x1b[0m');
    expect(safeForTerminal('\x9b2J\u202egnp', true)).toBe('\ufffd2J\ufffdgnp');
    expect(safeForTerminal('a\tb ü', true)).toBe('a\tb ü');
  });

  it('drops colours where none are wanted', () => {
    expect(safeForTerminal('\x1b[31mred\x1b[0m', false)).toBe('red');
  });
});
