import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';
import { buildCredentials } from '../settings.ts';

export function addCancel(parent: CliCommand): void {
  parent
    .command('cancel')
    .description('end a build, waiting or running')
    .argument('<id>', 'the build', anId)
    .example('buildlatch cancel "$waiting"', 'ends it, whether it waits or runs')
    .runs((context, _flags, id) => cancel(context, id));
}

async function cancel(context: CommandContext, id: string): Promise<number> {
  const answer = await clientFor(context, buildCredentials(context.settings)).cancel(id);
  if (context.isJson) context.screen.json({ id, ...answer });
  else context.screen.note(`Build ${id} ${answer.status}`);
  return EXIT.ok;
}
