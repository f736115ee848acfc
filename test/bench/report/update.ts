import { changesSection } from '../design/changes.ts';
import { designRows, findResults } from '../design/rows.ts';
import { designSection } from '../design/section.ts';
import { writeResult } from './results.ts';
import { writeSection } from './section.ts';

/** What a bench found goes into its own file and section, and into the tables that are made of all benches' figures. */
export function update(name: string, result: object, section: string): void {
  writeResult(name, result);
  writeSection(name, section);
  const results = findResults();
  writeSection('design', designSection(designRows(results)));
  writeSection('changes', changesSection(results));
}
