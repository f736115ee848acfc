import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { projectCredentials } from '../settings.ts';

export function addWorkers(parent: CliCommand): void {
  parent
    .command('workers')
    .description('show the workers: what they can build, when they were seen, what they hold')
    .runs(showWorkers);
}

async function showWorkers(context: CommandContext): Promise<number> {
  const workers = await clientFor(context, projectCredentials(context.settings)).workers();
  if (context.isJson) context.screen.json(workers);
  for (const worker of context.isJson ? [] : workers) {
    const columns = [
      worker.id,
      worker.state.padEnd(11),
      worker.capabilities.platforms.join(',').padEnd(11),
      new Date(worker.last_seen_at).toISOString(),
      worker.current_build_id ?? '-',
      worker.name,
    ];
    context.screen.data(columns.join('  '));
  }
  return EXIT.ok;
}
