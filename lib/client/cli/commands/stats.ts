import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export function addStats(parent: CliCommand): void {
  parent
    .command('stats')
    .description('show how many builds wait, run and have ended, and how many workers are there; needs no key')
    .example('buildlatch stats --json | jq .buildsQueued', 'how many builds wait')
    .runs(showStats);
}

async function showStats(context: CommandContext): Promise<number> {
  const stats = await clientFor(context, {}).stats();
  if (context.isJson) context.screen.json(stats);
  const rows: [string, string | number][] = [
    ['online workers', stats.nodesOnline],
    ['waiting builds', stats.buildsQueued],
    ['running builds', stats.activeBuilds],
    ['completed today', stats.buildsToday],
    ['ended, ever', stats.totalBuilds],
    ['hours of building', (stats.totalBuildTimeMs / 3_600_000).toFixed(1)],
  ];
  for (const [name, value] of context.isJson ? [] : rows) context.screen.data(`${name.padEnd(18)}  ${value}`);
  return EXIT.ok;
}
