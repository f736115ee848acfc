import type { QueueListItem } from '../../queue-answers.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { PLATFORMS } from '../flag.ts';
import { projectCredentials } from '../settings.ts';

export function addQueues(parent: CliCommand): void {
  const queues = parent
    .command('queues')
    .description('show for each platform how many builds wait and run, who could build them, and whether it is paused')
    .example('buildlatch queues', 'what waits, and for whom')
    .example(
      "buildlatch queues --json | jq '.[] | select(.without_worker > 0) | .platform'",
      'where workers are missing',
    )
    .runs(showQueues);
  queues
    .command('pause')
    .description('hand out no more builds of a platform; what runs goes on, and what is submitted waits')
    .addArgument(queues.createArgument('<platform>', 'which').choices(PLATFORMS))
    .requiredOption('--reason <text>', 'why: shown to everybody whose build waits')
    .example('buildlatch queues pause ios --reason "Xcode is being updated"', 'before all its machines are updated')
    .runs((context, { reason }: { reason: string }, platform) => pause(context, platform, reason));
  queues
    .command('resume')
    .description('hand out builds of a platform again')
    .addArgument(queues.createArgument('<platform>', 'which').choices(PLATFORMS))
    .example('buildlatch queues resume ios', 'afterwards')
    .runs((context, _flags, platform) => resume(context, platform));
}

async function showQueues(context: CommandContext): Promise<number> {
  const { queues } = await clientFor(context, projectCredentials(context.settings)).queues();
  if (context.isJson) context.screen.json(queues);
  else for (const line of queues.flatMap(linesOf)) context.screen.data(line);
  return EXIT.ok;
}

/** Of two who pause it the first one's reason stands, so it is said which that is. */
async function pause(context: CommandContext, platform: string, reason: string): Promise<number> {
  const client = clientFor(context, projectCredentials(context.settings));
  // Not told by the reason that comes back: the controller leaves out what cannot be printed, and cuts a long one.
  const before = (await client.queues()).queues.find((queue) => queue.platform === platform)?.paused;
  const queue = await client.pauseQueue(platform, reason);
  if (context.isJson) context.screen.json(queue);
  else if (before) context.screen.note(`${platform} was paused before: ${before.reason}`);
  else context.screen.note(`No more ${platform} builds are handed out`);
  return EXIT.ok;
}

async function resume(context: CommandContext, platform: string): Promise<number> {
  const queue = await clientFor(context, projectCredentials(context.settings)).resumeQueue(platform);
  if (context.isJson) context.screen.json(queue);
  else context.screen.note(`Builds for ${platform} are handed out again`);
  return EXIT.ok;
}

function linesOf({
  platform,
  waiting,
  may_be_more,
  running,
  workers,
  without_worker,
  ...queue
}: QueueListItem): string[] {
  const since = queue.oldest_waiting_since;
  const counts = [
    platform.padEnd(7),
    `${waiting}${may_be_more ? '+' : ''} waiting${since === null ? '' : ` since ${new Date(since).toISOString()}`}`,
    `${running} running`,
    `${workers.idle} idle and ${workers.building} building ${workers.idle + workers.building === 1 ? 'worker' : 'workers'}`,
    ...(without_worker > 0 ? [`no worker for ${without_worker}`] : []),
  ];
  const { paused } = queue;
  const told =
    paused && `         paused since ${new Date(paused.since).toISOString()} by ${paused.by}: ${paused.reason}`;
  return [counts.join('  '), ...(told ? [told] : [])];
}
