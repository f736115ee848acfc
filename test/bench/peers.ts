import { Missing } from '../emulators/missing.ts';
import { measurePeers } from './peers/measure.ts';
import { PEERS_PLOT, type PeersRecord, peersPlot, peersSection } from './peers/section.ts';
import { describeMachine } from './report/machine.ts';
import { readFlags } from './report/numbers.ts';
import { roundedAll, writePlot } from './report/results.ts';
import { update } from './report/update.ts';

const HELP = `Claims and finishes jobs, durably, with this project's use cases on the embedded engines and with what others use: plain SQL on
PostgreSQL, graphile-worker, pg-boss, BullMQ on Redis; by turns, in one run.

Needs PostgreSQL and Redis installed; neither has to run, the bench starts servers of its own. On Debian, as root:
  apt-get install postgresql redis-server
The peers' npm packages are installed into .emulators/ when it first runs, which needs the npm registry.

Usage: npm run bench:peers [-- flags]
  --quick    a tenth of the jobs, and two rounds; not with --update
  --update   writes test/bench/peers.json, the section of docs/performance.md and its plot
  --json     the figures instead of the tables
  --help

Inputs, with their defaults:
`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof Missing)) throw error;
  console.error(error.message);
  return 1;
});

async function main(args: readonly string[]): Promise<number> {
  const defaults = { rounds: 5, jobs: 600, claimers: 8, seed: 7 };
  const flags = readFlags(args, defaults, ['quick', 'update', 'json'], HELP);
  if ('said' in flags) {
    process[flags.code === 0 ? 'stdout' : 'stderr'].write(flags.said);
    return flags.code;
  }
  const { jobs } = flags.numbers;
  const settings = flags.quick ? { ...flags.numbers, jobs: Math.ceil(jobs / 10), rounds: 2 } : flags.numbers;
  const machine = describeMachine();
  const result = await measurePeers(settings, (round) => console.error(`peers: round ${round} of ${settings.rounds}`));
  const record: PeersRecord = roundedAll({ machine, settings, ...result });
  if (flags.update) {
    update('peers', record, peersSection(record));
    writePlot(PEERS_PLOT, peersPlot(record));
  }
  console.log(flags.json ? JSON.stringify(record, undefined, 2) : peersSection(record));
  const others = record.rows.filter(({ name }) => name !== record.rows[0]?.name).map((row) => row.oursAgainst.median);
  console.log(
    `\npeers: ours does ${Math.min(...others)} to ${Math.max(...others)} times as many jobs a second as the others`,
  );
  return 0;
}
