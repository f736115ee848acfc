import { describe, expect, it } from 'vitest';
import type { Answer } from '../../dashboard/answer.ts';
import type { Api } from '../../dashboard/api.ts';
import type { LogLine } from '../../dashboard/log/log-model.ts';
import { createLogReader } from '../../dashboard/log/read-log.ts';

type Page = { logs: readonly LogLine[]; next_cursor?: string; is_final: boolean };

const lines = (count: number): LogLine[] =>
  Array.from({ length: count }, (_, at) => ({ timestamp: at, level: 'info', message: `line ${at}` }));
const page = (count: number, next?: string, isFinal = false): Answer<Page> => ({
  ok: true,
  value: { logs: lines(count), ...(next !== undefined && { next_cursor: next }), is_final: isFinal },
  nextCursor: undefined,
});
const away: Answer<Page> = { ok: false, problem: { kind: 'away', code: undefined, text: 'gone' } };

/** A controller that answers what the test says, when the test says it. */
function world() {
  const asked: { cursor: string; answer: (given: Answer<Page>) => void }[] = [];
  const ask = (_operation: string, { query }: { query: { cursor: string } }) =>
    new Promise<Answer<Page>>((answer) => asked.push({ cursor: query.cursor, answer }));
  const log: LogLine[] = [];
  const append = (more: readonly LogLine[]) => void log.push(...more);
  const reader = createLogReader({ api: { ask } as unknown as Api }, 'b1', { append }, () => Promise.resolve());
  const read = async (answer: Answer<Page>) => {
    const pending = reader.ask(new AbortController().signal);
    asked.at(-1)?.answer(answer);
    return pending;
  };
  return { reader, asked, log, read };
}

describe('the reader of a log', () => {
  it('goes on behind what it has read, from before the first line', async () => {
    const { read, asked, log } = world();
    await read(page(3, '4'));
    await read(page(2, '6'));
    await read(page(0));
    await read(page(1, '7', true));
    expect(asked.map(({ cursor }) => cursor)).toEqual(['0', '4', '6', '6']);
    expect(log).toHaveLength(6);
  });

  it('asks again for what did not come', async () => {
    const { read, asked, log } = world();
    await read(page(3, '4'));
    expect(await read(away)).toBe(away);
    await read(page(2, '6'));
    expect(asked.map(({ cursor }) => cursor)).toEqual(['0', '4', '4']);
    expect(log).toHaveLength(5);
  });

  it('takes each line once, if two questions cross', async () => {
    const { reader, asked, log } = world();
    const [first, second] = [0, 1].map(() => reader.ask(new AbortController().signal));
    for (const { answer } of asked) answer(page(200, '201'));
    await Promise.all([first, second]);
    expect(log).toHaveLength(200);
  });

  it('asks at once while there is more, soon while lines come, and more and more seldom while none do', async () => {
    const { reader } = world();
    const pace = (lineCount: number, isFinal = false) => reader.paceMs({ lineCount, isFinal });
    expect([pace(100), pace(1)]).toEqual([0, 1_000]);
    expect(Array.from({ length: 8 }, () => pace(0))).toEqual([
      1_500, 2_250, 3_375, 5_062.5, 7_593.75, 10_000, 10_000, 10_000,
    ]);
    expect(pace(1)).toBe(1_000);
    expect(pace(100, true)).toBeUndefined();
  });
});
