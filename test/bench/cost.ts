import { lastingDifferences, measure, readRecord } from './cost/record.ts';
import { costSection, isExcused, isMissed, verdicts } from './cost/section.ts';
import { DEFAULTS } from './cost/settings.ts';
import { readFlags } from './report/numbers.ts';
import { update } from './report/update.ts';

const HELP = `Counts what builds, an idle worker and a minute at rest ask of AWS, on the embedded engines, and what that costs.

Usage: npm run bench:cost [-- flags]
  --check    holds the counts against test/bench/cost.json: ends with 1 if a call or a unit was added, or saved
  --update   writes test/bench/cost.json and the section of docs/performance.md
  --json     the counts instead of the tables
  --help

Settings, in seconds between two of a kind (0: none), with their defaults:
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, { ...DEFAULTS }, ['check', 'update', 'json'], HELP);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const isRecorded = flags.check || flags.update;
  const settings = isRecorded ? DEFAULTS : flags.numbers;
  if (isRecorded && JSON.stringify(flags.numbers) !== JSON.stringify(DEFAULTS)) {
    process.stderr.write('what is recorded is counted with the defaults\n');
    return 2;
  }
  if (flags.check) return check(await lastingDifferences(readRecord(), () => measure(settings)));
  const record = await measure(settings);
  if (flags.update) {
    update('cost', record, costSection(record, settings));
  }
  console.log(flags.json ? JSON.stringify(record, undefined, 2) : costSection(record, settings));
  const all = verdicts(record, settings);
  const missed = all.filter(isMissed);
  const met = all.length - missed.length;
  console.log(`\ncost: ${met} of ${all.length} within the design, ${missed.length} beyond it`);
  return missed.every(isExcused) ? 0 : 1;
}

function check(found: readonly string[]): number {
  for (const each of found) console.error(each);
  if (found.length > 0) console.error('If it is meant: npm run bench:cost -- --update');
  console.log(`cost: ${found.length} differences from what is recorded`);
  return found.length === 0 ? 0 : 1;
}
