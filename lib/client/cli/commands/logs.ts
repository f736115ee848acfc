import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId, Flag } from '../flag.ts';
import { followLogs, logText, RECONNECT, readLogs } from '../follow-logs.ts';
import { buildCredentials } from '../settings.ts';

export function addLogs(parent: CliCommand): void {
  parent
    .command('logs')
    .description("show a build's log")
    .argument('<id>', 'the build', anId)
    .addOption(new Flag('-f, --follow', 'go on until the build is over').forProjects())
    .example('buildlatch logs "$id" --follow', 'until the build is over')
    .example(
      'buildlatch logs "$id" --follow --json | jq -r \'select(.level == "error").message\'',
      'one document for each line',
    )
    .runs((context, flags: { follow?: boolean }, id) => showLogs(context, id, flags.follow ?? false));
}

async function showLogs(context: CommandContext, id: string, isFollowing: boolean): Promise<number> {
  const { screen, isJson, io, signal } = context;
  const client = clientFor(context, buildCredentials(context.settings), isFollowing ? RECONNECT : undefined);
  const read = (cursor: string | undefined) => client.logs(id, cursor);
  if (isFollowing) {
    for await (const line of followLogs(read, io.clock, signal)) {
      if (isJson) screen.json(line);
      else screen.data(logText(line));
    }
    return EXIT.ok;
  }
  const { lines, isFinal } = await readLogs(read);
  if (isJson) screen.json({ build_id: id, logs: lines, is_final: isFinal });
  else for (const line of lines) screen.data(logText(line));
  return EXIT.ok;
}
