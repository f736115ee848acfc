import type { DeadLetter } from '../../queue-answers.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { projectCredentials } from '../settings.ts';

export function addDeadLetters(parent: CliCommand): void {
  const dlq = parent.command('dlq').description('messages of builds that were put aside: see them, bring them back');
  dlq
    .command('list')
    .description('show them; they stay')
    .example('buildlatch dlq list', 'what nobody could use')
    .runs(listDeadLetters);
  dlq
    .command('redrive')
    .description('send those whose builds wait to the workers anew')
    .option('--yes', 'do it')
    .example('buildlatch dlq redrive --yes', 'after a look at the list')
    .runs((context, flags: { yes?: boolean }) => redriveDeadLetters(context, flags.yes ?? false));
}

/** Shows messages that were put aside; they stay. */
async function listDeadLetters(context: CommandContext): Promise<number> {
  const found = await clientFor(context, projectCredentials(context.settings)).deadLetters();
  if (context.isJson) {
    context.screen.json(found);
    return EXIT.ok;
  }
  for (const letter of found.dead_letters) context.screen.data(lineOf(letter));
  if (found.dead_letters.length === 0) context.screen.note('no dead letters');
  if (found.may_have_more) context.screen.note('there may be more');
  return EXIT.ok;
}

/** Brings their builds back to the workers. */
async function redriveDeadLetters(context: CommandContext, isSure: boolean): Promise<number> {
  if (!isSure) {
    throw new UsageError('this sends builds to workers again and deletes messages: see dlq list, then add --yes');
  }
  const moved = await clientFor(context, projectCredentials(context.settings)).redriveDeadLetters();
  if (context.isJson) {
    context.screen.json(moved);
    return EXIT.ok;
  }
  const { screen } = context;
  screen.note(`${moved.redriven} sent to the workers anew`);
  if (moved.deleted > 0) screen.note(`${moved.deleted} deleted: their builds wait no more`);
  if (moved.malformed > 0) screen.note(`${moved.malformed} cannot be read and stays`);
  if (moved.failed > 0) screen.note(`${moved.failed} failed and stays: try again, and look at the log`);
  if (moved.may_have_more) screen.note('there may be more: run it again');
  return EXIT.ok;
}

function lineOf({ message_id, build_id, attempt, platform, sent_at, receives }: DeadLetter): string {
  const build = build_id === null ? 'cannot be read' : `${build_id} after attempt ${attempt}`;
  const sent = new Date(sent_at).toISOString();
  return [message_id, sent, `received ${receives}`, (platform ?? '-').padEnd(7), build].join('  ');
}
