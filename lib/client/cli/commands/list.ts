import type { BuildListItem } from '../../answers.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId, Flag, labels, PLATFORMS, positive } from '../flag.ts';
import { moment } from '../moment.ts';
import { projectCredentials } from '../settings.ts';

const STATES = ['pending', 'assigned', 'building', 'completed', 'failed', 'cancelled'] as const;

interface ListFlags {
  readonly state?: string;
  readonly platform?: string;
  readonly worker?: string;
  readonly label?: readonly string[];
  readonly text?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly all?: boolean;
  readonly cursor?: string;
}

export function addList(parent: CliCommand): void {
  parent
    .command('list')
    .description('show builds, the newest first')
    .addOption(new Flag('--state <state>', 'only those that are in it').choices(STATES))
    .addOption(new Flag('--platform <platform>', 'only those for it').choices(PLATFORMS).forProjects())
    .addOption(new Flag('--worker <id>', 'only those that it has or had last').argParser(anId))
    .addOption(
      new Flag('--label <name>', 'only those that asked for it; team is team=red as well (repeat the flag)').argParser(
        labels,
      ),
    )
    .option(
      '--text <text>',
      'only those with it in an id, a label, a worker’s or result’s name, or the reason of a failure',
    )
    .option('--since <time>', 'only those submitted since: 24h or 7d ago, a date (UTC), or 2026-11-26T09:30Z', moment)
    .option('--until <time>', 'only those submitted before', moment)
    .addOption(new Flag('--limit <count>', 'how many').argParser(positive).default(20).forProjects())
    .option('--all', 'all of them, however many')
    .option('--cursor <cursor>', 'go on where a list has ended, which it says on stderr')
    .example('buildlatch list --state completed --platform ios --limit 5', 'the newest five')
    .example('buildlatch list --state failed --since 24h --text "code signing"', 'what that cost since yesterday')
    .example(
      "buildlatch list --all --json | jq 'group_by(.status) | map({(.[0].status): length}) | add'",
      'how many there are of each',
    )
    .runs(list);
}

async function list(context: CommandContext, flags: ListFlags): Promise<number> {
  const { state, platform, worker, label, text, since, until, limit, all: isWhole, cursor } = flags;
  const { builds, next } = await clientFor(context, projectCredentials(context.settings)).list({
    limit: isWhole ? Number.POSITIVE_INFINITY : Math.ceil(limit),
    cursor,
    status: state,
    platform,
    worker_id: worker,
    label: label?.join(','),
    text,
    submitted_after: since?.toString(),
    submitted_before: until?.toString(),
  });
  if (context.isJson) context.screen.json(builds);
  else for (const build of builds) context.screen.data(lineOf(build));
  if (next !== undefined) context.screen.note(`There are more: --cursor ${next}, or --all`);
  return EXIT.ok;
}

function lineOf({ id, state, status, platform, createdAt }: BuildListItem): string {
  return [id, (state ?? status).padEnd(9), (platform ?? '').padEnd(7), createdAt].join('  ');
}
