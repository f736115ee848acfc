import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCUMENT = join(import.meta.dirname, '../../../docs/performance.md');

const between = (name: string) => [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`] as const;

/** What the bench wrote of itself. */
export function readSection(name: string, document = readFileSync(DOCUMENT, 'utf8')): string {
  const [begin, end] = between(name);
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`);
  return document.slice(from + begin.length, to).trim();
}

/** Each bench writes its own section of `docs/performance.md`, and nothing beside it. */
export function writeSection(name: string, text: string): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  readSection(name, document);
  const [begin, end] = between(name);
  const before = document.slice(0, document.indexOf(begin) + begin.length);
  writeFileSync(DOCUMENT, `${before}\n${text.trim()}\n${document.slice(document.indexOf(end))}`);
}

export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const numbers = head.map((_, column) => rows.every((row) => /^[\d.,<$–-]+( %)?$/.test(String(row[column] ?? ''))));
  return [line(head), `|${numbers.map((isNumber) => (isNumber ? '---:' : '---')).join('|')}|`, ...rows.map(line)].join(
    '\n',
  );
}
