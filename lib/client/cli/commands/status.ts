import type { Status } from '../../answers.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';
import { buildCredentials } from '../settings.ts';

export function addStatus(parent: CliCommand): void {
  parent
    .command('status')
    .description('show where a build stands')
    .argument('<id>', 'the build', anId)
    .example('buildlatch status "$id"', "the build's state, line by line")
    .example('buildlatch status "$id" --json | jq -r .state', 'one word of it')
    .runs((context, _flags, id) => showStatus(context, id));
}

async function showStatus(context: CommandContext, id: string): Promise<number> {
  const status = await clientFor(context, buildCredentials(context.settings)).status(id);
  if (context.isJson) context.screen.json(status);
  else for (const line of statusLines(status)) context.screen.data(line);
  return EXIT.ok;
}

function statusLines(status: Status): string[] {
  const time = (ms: number | null) => (ms === null ? undefined : new Date(ms).toISOString());
  const rows: [string, string | number | null | undefined][] = [
    ['id', status.id],
    ['state', status.state],
    ['platform', status.platform],
    ['labels', status.labels.join(', ') || undefined],
    ['priority', status.priority || undefined],
    ['attempt', `${status.attempt} of ${status.max_attempts}`],
    ['worker', status.worker_id],
    ['submitted', time(status.submitted_at)],
    ['started', time(status.started_at)],
    ['completed', time(status.completed_at)],
    ['error', status.error_message?.split('\n')[0]],
    ['result', status.result_filename],
    ['size', status.result_size],
    ['sha256', status.result_sha256],
  ];
  return rows.flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${name.padEnd(10)}${value}`]));
}
