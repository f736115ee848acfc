import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { Flag, positive } from '../flag.ts';
import { projectCredentials } from '../settings.ts';

export function addList(parent: CliCommand): void {
  parent
    .command('list')
    .description('show builds, the newest first')
    .addOption(new Flag('--limit <count>', 'how many').argParser(positive).default(20).forProjects())
    .runs((context, flags: { limit: number }) => list(context, Math.ceil(flags.limit)));
}

async function list(context: CommandContext, limit: number): Promise<number> {
  const builds = await clientFor(context, projectCredentials(context.settings)).list(limit);
  if (context.isJson) context.screen.json(builds);
  for (const build of context.isJson ? [] : builds) {
    const columns = [
      build.id,
      (build.state ?? build.status).padEnd(9),
      (build.platform ?? '').padEnd(7),
      build.createdAt,
    ];
    context.screen.data(columns.join('  '));
  }
  return EXIT.ok;
}
