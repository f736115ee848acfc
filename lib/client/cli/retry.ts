import { type CommandContext, clientFor } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { buildCredentials } from './settings.ts';
import { readSigning, type SigningOptions } from './signing.ts';

/** A new build of the same source. */
export async function retry(context: CommandContext, id: string, signing: SigningOptions): Promise<number> {
  const client = clientFor(context, buildCredentials(context.settings));
  const answer = await client.retry(id, await readSigning(context.io, signing));
  if (context.isJson) context.screen.json(answer);
  else {
    context.screen.note(`Build ${id} is tried again as ${answer.id}`);
    context.screen.data(answer.id);
  }
  return EXIT.ok;
}
