import { designRows, findResults } from '../design/rows.ts';
import { designSection } from '../design/section.ts';
import { writeResult } from './results.ts';
import { writeSection } from './section.ts';

/** What a bench found goes into its own file and section, and into the table of the design's figures at the top. */
export function update(name: string, result: object, section: string): void {
  writeResult(name, result);
  writeSection(name, section);
  writeSection('design', designSection(designRows(findResults())));
}
