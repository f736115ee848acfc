import { describe, expect, it } from 'vitest';
import { createLog, type Level, type LogLine, type LogModel } from '../../dashboard/log/log-model.ts';
import { isAtEnd, MAX_ROWS, ROW_HEIGHT, rowsInPage, topShowing } from '../../dashboard/log/window.ts';

const line = (timestamp: number, level: Level = 'info', message = `at ${timestamp}`): LogLine => ({
  timestamp,
  level,
  message,
});

function shown(log: LogModel): string[] {
  return Array.from({ length: log.rowCount }, (_, at) => {
    const row = log.row(at);
    if (!row) throw new Error(`no row ${at} of ${log.rowCount}`);
    return row.kind === 'line' ? `${row.index}:${row.line.timestamp}` : `attempt ${row.boundary.attempt}`;
  });
}

const attempt = (number: number, at: number) => ({ at, attempt: number, label: '' });

describe('the rows of a log', () => {
  it('are its lines, in the order in which they came', () => {
    const log = createLog();
    log.append([line(1), line(2)]);
    log.append([line(3)]);
    expect(shown(log)).toEqual(['0:1', '1:2', '2:3']);
    expect(log.row(3)).toBeUndefined();
    expect(log.row(-1)).toBeUndefined();
  });

  it('are those of the levels that are asked for, and all are counted', () => {
    const log = createLog();
    log.append([line(1, 'error'), line(2), line(3, 'warn')]);
    log.show(new Set<Level>(['error', 'warn']));
    log.append([line(4), line(5, 'error')]);
    expect(shown(log)).toEqual(['0:1', '2:3', '4:5']);
    expect(log.counts).toEqual({ error: 2, warn: 1, info: 2, debug: 0 });
  });

  it('have the beginning of an attempt before its first line', () => {
    const log = createLog();
    log.append([line(1), line(10), line(20)]);
    log.divide([attempt(2, 15), attempt(1, 5)]);
    log.append([line(30)]);
    expect(shown(log)).toEqual(['0:1', 'attempt 1', '1:10', 'attempt 2', '2:20', '3:30']);
    log.append([line(50)]);
    log.divide([attempt(1, 5), attempt(2, 15), attempt(3, 50), attempt(4, 99)]);
    expect(shown(log).slice(-3)).toEqual(['3:30', 'attempt 3', '4:50']);
  });

  it('have the beginning of an attempt also where its lines are not shown', () => {
    const log = createLog();
    log.divide([attempt(1, 5)]);
    log.append([line(1), line(10), line(20, 'error')]);
    log.show(new Set<Level>(['error']));
    expect(shown(log)).toEqual(['attempt 1', '2:20']);
  });

  it('are found by their line, or by the next that is shown', () => {
    const log = createLog();
    log.append([line(1), line(10, 'debug'), line(20), line(30), line(40, 'debug')]);
    log.divide([attempt(1, 5), attempt(2, 20)]);
    log.show(new Set<Level>(['info']));
    expect(shown(log)).toEqual(['0:1', 'attempt 1', 'attempt 2', '2:20', '3:30']);
    expect([0, 1, 2, 3, 4].map((index) => log.rowOf(index))).toEqual([0, 3, 3, 4, 4]);
    expect(createLog().rowOf(7)).toBe(0);
  });

  it('end where there is no more room, and say how many are missing', () => {
    const log = createLog(3);
    log.append([line(1), line(2)]);
    log.append([line(3), line(4), line(5)]);
    expect(shown(log)).toEqual(['0:1', '1:2', '2:3']);
    expect(log.dropped).toBe(2);
    expect(log.counts.info).toBe(3);
  });

  it('of 100,000 lines are laid out anew in well under a tenth of a second', () => {
    const log = createLog();
    log.append(Array.from({ length: 100_000 }, (_, at) => line(at, at % 10 === 0 ? 'error' : 'info')));
    const begin = performance.now();
    log.show(new Set<Level>(['error']));
    expect(performance.now() - begin).toBeLessThan(100);
    expect(log.rowCount).toBe(10_000);
    expect(log.rowOf(99_990)).toBe(9_999);
  });
});

describe('the window', () => {
  const height = 10 * ROW_HEIGHT;

  it('has the rows that are seen and some around them', () => {
    expect(rowsInPage({ top: 0, height }, 100_000)).toEqual({ first: 0, end: 34 });
    expect(rowsInPage({ top: 1_000 * ROW_HEIGHT, height }, 100_000)).toEqual({ first: 976, end: 1_034 });
    expect(rowsInPage({ top: 99_990 * ROW_HEIGHT, height }, 100_000)).toEqual({ first: 99_966, end: 100_000 });
  });

  it('has none of an empty log, and the last ones when the log became shorter', () => {
    expect(rowsInPage({ top: 0, height }, 0)).toEqual({ first: 0, end: 0 });
    expect(rowsInPage({ top: 5_000 * ROW_HEIGHT, height }, 3)).toEqual({ first: 3, end: 3 });
  });

  it('knows its end, within half a row', () => {
    expect(isAtEnd({ top: 90 * ROW_HEIGHT, height }, 100)).toBe(true);
    expect(isAtEnd({ top: 90 * ROW_HEIGHT - 3, height }, 100)).toBe(true);
    expect(isAtEnd({ top: 89 * ROW_HEIGHT, height }, 100)).toBe(false);
    expect(isAtEnd({ top: 0, height }, 5)).toBe(true);
  });

  it('scrolls only to what is not seen', () => {
    expect(topShowing(5, { top: 0, height })).toBe(0);
    expect(topShowing(500, { top: 0, height })).toBe(500 * ROW_HEIGHT - 4.5 * ROW_HEIGHT);
    expect(topShowing(1, { top: 900, height })).toBe(0);
  });

  it('stays within the height that browsers give an element', () => {
    expect(MAX_ROWS * ROW_HEIGHT).toBeLessThan(17_800_000);
  });
});
