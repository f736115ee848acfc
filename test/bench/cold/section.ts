import { type Machine, machineText } from '../report/machine.ts';
import { markdownTable } from '../report/section.ts';
import { BARE, type ColdImport } from './measure.ts';

export interface ColdRun {
  readonly machine: Machine;
  readonly rounds: number;
  readonly imports: readonly ColdImport[];
}

/** The slowest first: they are what is looked for. */
export function coldSection({ machine, rounds, imports }: ColdRun): string {
  const sorted = [...imports].sort((a, b) => b.ratio - a.ratio);
  const rows = sorted.map(({ name, bytes, medianMs, minMs, maxMs, ratio }) => [
    name,
    Math.round(bytes / 1000),
    ratio.toFixed(2),
    medianMs.toFixed(1),
    `${minMs.toFixed(1)} to ${maxMs.toFixed(1)}`,
  ]);
  return `Time in which a new process loads a function's bundle, its settings checked and its clients made: ${rounds} rounds, each loading
every function and, for comparison, ${BARE}, one after the other; ${machineText(machine)}. The ratio holds
elsewhere, the milliseconds are this machine's.

${markdownTable(['function', 'kB', 'ratio', 'median, ms', 'min to max, ms'], rows)}`;
}
