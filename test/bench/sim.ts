import { readFileSync } from 'node:fs';
import { readFlags } from './report/numbers.ts';
import { writePlot } from './report/results.ts';
import { update } from './report/update.ts';
import { simPlots } from './sim/plots.ts';
import { readMeasured } from './sim/service-times.ts';
import { readSim, runAll, SIM_DEFAULTS, SIM_FILE } from './sim/run.ts';
import { simSection } from './sim/section.ts';
import { missedPaces } from './sim/verdict.ts';

const HELP = `Simulates fleets of 10 to 100,000 workers and 1 to 1,000,000 builds a day, with and without the controller's hint when to
poll next: how long builds wait, what a day costs, how much of each limit is taken. Ends with 1 if the pace of polls misses what is
wanted of it.

Usage: npm run bench:sim [-- flags]
  --check    ends with 1 if the same seed gives anything but test/bench/sim.json
  --update   writes test/bench/sim.json, the section of docs/performance.md and its plots
  --json     the figures instead of the tables
  --help

Inputs, with their defaults:
`;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const flags = readFlags(args, { ...SIM_DEFAULTS }, ['check', 'update', 'json'], HELP);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const record = runAll(
    flags.update || flags.check ? SIM_DEFAULTS : flags.numbers,
    flags.check ? readSim().measured : readMeasured(),
  );
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  if (flags.check) {
    const isSame = text === readFileSync(SIM_FILE, 'utf8');
    console.log(`sim: ${isSame ? 'the same' : 'not the same'} as what is recorded`);
    return isSame ? 0 : 1;
  }
  if (flags.update) {
    update('sim', record, simSection(record));
    for (const [name, plot] of Object.entries(simPlots(record))) writePlot(name, plot);
  }
  console.log(flags.json ? text : simSection(record));
  const missed = missedPaces(record.paces);
  console.log(
    `\nsim: ${record.rows.length} fleets; the pace of polls ${missed.length === 0 ? 'holds' : `misses ${missed.join('; ')}`}`,
  );
  return missed.length === 0 ? 0 : 1;
}
