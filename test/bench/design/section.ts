import { markdownTable } from '../report/section.ts';
import type { DesignRow } from './rows.ts';

export function designSection(rows: readonly DesignRow[]): string {
  const met = rows.filter(({ isMet }) => isMet).length;
  const judged = rows.filter(({ isMet }) => isMet !== undefined).length;
  return `${met} of ${judged} are met. Each figure is of a section below, with how it was measured, and on which machine.

${markdownTable(
  ['what', 'wanted', 'measured', 'met'],
  rows.map(({ what, target, found = 'not measured yet', isMet, cause }) => [
    what,
    target,
    found,
    isMet === undefined ? '–' : isMet ? 'yes' : `no${cause ? `: ${cause}` : ''}`,
  ]),
)}`;
}
