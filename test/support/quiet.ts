import { beforeEach } from 'vitest';

/**
 * The functions under test write their events to standard output, as on Lambda. In tests they are kept instead, so that
 * the run can be read and the events can be asked for.
 */
const kept: Record<string, unknown>[] = [];
const write = process.stdout.write.bind(process.stdout);

process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
  const text = chunk.toString();
  if (!text.startsWith('{"time":')) return write(chunk, ...rest);
  kept.push(JSON.parse(text));
  return true;
}) as typeof process.stdout.write;

beforeEach(() => {
  kept.length = 0;
});

/** The events that this test's functions have logged so far. */
export function loggedEvents(event?: string): readonly Record<string, unknown>[] {
  return event === undefined ? [...kept] : kept.filter((line) => line['event'] === event);
}
