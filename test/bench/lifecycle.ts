import { FULL, type LifecycleRecord, PART_NAMES, PARTS, type PartName, QUICK } from './lifecycle/measure.ts';
import { BACKLOG_PLOT, backlogPlot, lifecycleSection } from './lifecycle/section.ts';
import { missed } from './lifecycle/verdicts.ts';
import { describeMachine } from './report/machine.ts';
import { readFlags } from './report/numbers.ts';
import { findResult, roundedAll, writePlot } from './report/results.ts';
import { update } from './report/update.ts';

const HELP = `Uses a controller as npm start runs it, over HTTP: whole builds a second and what takes the processor, 40 workers that poll at
once, a backlog of 10,000 builds, lists and states with up to 100,000 of them, 1,000 lines of log a second for a minute, memory while
500 MB pass, restarts. Ends with 1 if what the design promises does not hold.

Usage: npm run bench:lifecycle [-- flags]
  --only <part>  ${PART_NAMES.join(', ')}; may be repeated
  --quick        volumes that show that it works, and no figures; not with --update
  --update       writes test/bench/lifecycle.json (what was measured of it), the section of docs/performance.md and its plot
  --json         the figures instead of the tables
  --help
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, {}, ['quick', 'update', 'json'], HELP, ['only']);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const unknown = flags.lists.only.filter((name) => !isPart(name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no part ${unknown}: ${PART_NAMES.join(', ')}\n`);
    return 2;
  }
  const names = flags.lists.only.length > 0 ? flags.lists.only.filter(isPart) : PART_NAMES;
  const measured: Record<string, unknown> = {};
  for (const name of names) {
    console.error(`lifecycle: ${name}`);
    const machine = describeMachine();
    measured[name] = roundedAll({ machine, found: await PARTS[name](flags.quick ? QUICK : FULL) });
  }
  const record = measured as Partial<LifecycleRecord>;
  if (flags.update) updateAll({ ...findResult<LifecycleRecord>('lifecycle'), ...record });
  console.log(flags.json ? JSON.stringify(record, undefined, 2) : lifecycleSection(record));
  const faults = missed(record);
  console.log(
    `\nlifecycle: ${names.length} parts, ${faults.length === 0 ? 'all as the design wants it' : faults.join('; ')}`,
  );
  return faults.length === 0 ? 0 : 1;
}

function isPart(name: string): name is PartName {
  return (PART_NAMES as readonly string[]).includes(name);
}

function updateAll(record: Partial<LifecycleRecord>): void {
  update('lifecycle', record, lifecycleSection(record));
  if (record.backlog) writePlot(BACKLOG_PLOT, backlogPlot(record.backlog.found));
}
