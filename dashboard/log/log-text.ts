import { plainText } from './ansi.ts';
import type { LogLine } from './log-model.ts';

/** A line as the command line prints it, without colours. */
export function lineText({ timestamp, level, message }: LogLine): string {
  return `${new Date(timestamp).toISOString()} ${level.padEnd(5)} ${plainText(message)}\n`;
}

/** Some ten milliseconds' work. */
const PART_LINES = 1_000;

/** Lines from one to another (not included) as text, with a pause between parts: a long log must not stop the page. */
export async function logText(
  lines: readonly LogLine[],
  pause: () => Promise<void>,
  from = 0,
  to = lines.length,
): Promise<string[]> {
  const parts: string[] = [];
  for (let at = from; at < to; at += PART_LINES) {
    if (at > from) await pause();
    parts.push(
      lines
        .slice(at, Math.min(to, at + PART_LINES))
        .map(lineText)
        .join(''),
    );
  }
  return parts;
}
