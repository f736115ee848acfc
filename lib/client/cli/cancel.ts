import { type CommandContext, clientFor } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { buildCredentials } from './settings.ts';

export async function cancel(context: CommandContext, id: string): Promise<number> {
  const answer = await clientFor(context, buildCredentials(context.settings)).cancel(id);
  if (context.isJson) context.screen.json({ id, ...answer });
  else context.screen.note(`Build ${id} ${answer.status}`);
  return EXIT.ok;
}
