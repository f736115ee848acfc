import { randomUUID } from 'node:crypto';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { aKey, anId, Flag } from '../flag.ts';
import { buildCredentials } from '../settings.ts';
import { addSigningFlags, readSigning, type SigningFlags } from '../signing.ts';

interface RetryFlags extends SigningFlags {
  readonly idempotencyKey?: string;
}

export function addRetry(parent: CliCommand): void {
  // The original's signing material ended with it, so a retry is given it as a submit is.
  addSigningFlags(parent.command('retry'))
    .description('build the same source once more')
    .argument('<id>', 'the build, which has ended', anId)
    .addOption(
      new Flag(
        '--idempotency-key <key>',
        'retries of a build with the same key are one; else each is another',
      ).argParser(aKey),
    )
    .example('buildlatch retry "$id"', 'prints the id of the new build')
    .runs((context, flags: RetryFlags, id) => retry(context, id, flags));
}

/** A new build of the same source. */
async function retry(context: CommandContext, id: string, flags: RetryFlags): Promise<number> {
  const client = clientFor(context, buildCredentials(context.settings));
  const answer = await client.retry(id, await readSigning(context.io, flags), flags.idempotencyKey ?? randomUUID());
  if (context.isJson) context.screen.json(answer);
  else {
    context.screen.note(`Build ${id} is tried again as ${answer.id}`);
    context.screen.data(answer.id);
  }
  return EXIT.ok;
}
