import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';
import { buildCredentials } from '../settings.ts';
import { addSigningFlags, readSigning, type SigningFlags } from '../signing.ts';

export function addRetry(parent: CliCommand): void {
  // The original's signing material ended with it, so a retry is given it as a submit is.
  addSigningFlags(parent.command('retry'))
    .description('build the same source once more')
    .argument('<id>', 'the build, which has ended', anId)
    .example('buildlatch retry "$id"', 'prints the id of the new build')
    .runs((context, flags: SigningFlags, id) => retry(context, id, flags));
}

/** A new build of the same source. */
async function retry(context: CommandContext, id: string, signing: SigningFlags): Promise<number> {
  const client = clientFor(context, buildCredentials(context.settings));
  const answer = await client.retry(id, await readSigning(context.io, signing));
  if (context.isJson) context.screen.json(answer);
  else {
    context.screen.note(`Build ${id} is tried again as ${answer.id}`);
    context.screen.data(answer.id);
  }
  return EXIT.ok;
}
