import { markdownTable } from '../report/section.ts';
import type { DesignRow } from './rows.ts';

export function designSection(rows: readonly DesignRow[]): string {
  const met = rows.filter(({ isMet }) => isMet).length;
  const judged = rows.filter(({ isMet }) => isMet !== undefined).length;
  return `${met} of ${judged} are met. Each figure is of a section below, with how it was measured, and on which machine. Room is how far a
figure is from what is wanted.

${markdownTable(
  ['what', 'wanted', 'measured', 'room', 'met'],
  rows.map((row) => [row.what, row.target, row.found ?? 'not measured yet', row.room ?? '–', metText(row)]),
)}`;
}

function metText({ isMet, cause, tried }: DesignRow): string {
  if (isMet === undefined) return '–';
  if (isMet) return 'yes';
  return `no${cause ? `: ${cause}` : ''}${tried ? `. Tried: ${tried}` : ''}`;
}
