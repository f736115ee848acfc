import { type CommandContext, clientFor } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { buildCredentials } from './settings.ts';

/** A new build of the same source. */
export async function retry(context: CommandContext, id: string): Promise<number> {
  const answer = await clientFor(context, buildCredentials(context.settings)).retry(id);
  if (context.isJson) context.screen.json(answer);
  else {
    context.screen.note(`Build ${id} is tried again as ${answer.id}`);
    context.screen.data(answer.id);
  }
  return EXIT.ok;
}
