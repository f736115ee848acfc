import { type Machine, machineText } from '../report/machine.ts';
import { markdownTable } from '../report/section.ts';
import { spreadText } from '../report/statistics.ts';
import { BARE, type ColdImport } from './measure.ts';

export interface ColdRun {
  readonly machine: Machine;
  readonly rounds: number;
  readonly imports: readonly ColdImport[];
}

/** The slowest first: they are what is looked for. */
export function coldSection({ machine, rounds, imports }: ColdRun): string {
  const sorted = [...imports].sort((a, b) => b.ms.median - a.ms.median);
  const rows = sorted.map(({ name, bytes, ms, ratio }) => [
    name,
    Math.round(bytes / 1000),
    ratio ? spreadText(ratio, 2) : '–',
    spreadText(ms, 1),
  ]);
  return `Time in which a new process loads a function's bundle, its settings checked and its clients made: ${rounds} rounds by turns, each loading
every function and, for comparison, ${BARE}, in the same order. Ratios are of the same round; medians, with the least and the
most in brackets; ${machineText(machine)}.

The figures show which functions load more than others and which bundle has grown. They are no cold starts on Lambda: fetching the bundle and
starting Node are not in them, and both the milliseconds and the ratios are this machine's.

${markdownTable(['function', 'kB', 'ratio', 'ms'], rows)}`;
}
