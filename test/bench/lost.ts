import { TARGETS } from './design/targets.ts';
import { type Lost, loseWorkers } from './lost/lose-workers.ts';
import { lostSection } from './lost/section.ts';
import { readFlags } from './report/numbers.ts';
import { update } from './report/update.ts';

const HELP = `Lets workers die at any moment, on a virtual clock: how long until another can be given their build. Ends with 1 above ${TARGETS.lostSeconds} s.

Usage: npm run bench:lost [-- flags]
  --update   writes test/bench/lost.json and the section of docs/performance.md
  --json     the figures instead of the table
  --help

Inputs, with their defaults:
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, { deaths: 10_000, seed: 7 }, ['update', 'json'], HELP);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const lost: Lost = await loseWorkers(Math.max(1, flags.numbers.deaths), flags.numbers.seed);
  if (flags.update) update('lost', lost, lostSection(lost));
  console.log(flags.json ? JSON.stringify(lost, undefined, 2) : lostSection(lost));
  console.log(`\nlost: ${lost.deaths} workers died, and the last build waited ${lost.worst} s for the next`);
  return lost.worst <= TARGETS.lostSeconds ? 0 : 1;
}
