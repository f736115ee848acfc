import { type ColdRun, coldSection } from './cold/section.ts';
import { BARE, measureColdImports } from './cold/measure.ts';
import { describeMachine } from './report/machine.ts';
import { readFlags } from './report/numbers.ts';
import { roundedAll } from './report/results.ts';
import { update } from './report/update.ts';

const HELP = `Measures how long each function's bundle takes to load in a new process, against the clients of AWS alone in the same run.

Usage: npm run bench:cold [-- flags]
  --update   writes test/bench/cold.json and the section of docs/performance.md
  --json     the figures instead of the table
  --help

Inputs, with their defaults:
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, { rounds: 20 }, ['update', 'json'], HELP);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const rounds = Math.max(1, Math.round(flags.numbers.rounds));
  const machine = describeMachine();
  const imports = await measureColdImports(rounds, (round) => console.error(`round ${round} of ${rounds}`));
  const run: ColdRun = roundedAll({ machine, rounds, imports });
  if (flags.update) update('cold', run, coldSection(run));
  console.log(flags.json ? JSON.stringify(run, undefined, 2) : coldSection(run));
  const functions = imports.filter(({ name }) => name !== BARE);
  const [slowest] = functions.toSorted((a, b) => b.ms.median - a.ms.median);
  console.log(
    `\ncold: ${functions.length} functions; the slowest, ${slowest?.name}, takes ${slowest?.ratio?.median.toFixed(2)} times as long as ${BARE}`,
  );
  return 0;
}
