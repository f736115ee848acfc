import type { ApiKey } from '../../answers.ts';
import { ONCE } from '../../retry.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId, Flag, positive } from '../flag.ts';
import { projectCredentials } from '../settings.ts';

const SCOPES = ['admin', 'read', 'submit', 'work', 'work-any'] as const;
const SCOPES_HELP = `
Scopes:
  read      see every build, log and result
  submit    submit builds; see, cancel and retry those that it submitted (with read: all)
  work      register workers, which then act by tokens of their own
  work-any  act as any worker by its id; for workers of the old system
  admin     everything, keys included`;

interface CreateFlags {
  readonly name: string;
  readonly scope: string[];
  readonly expiresDays?: number;
}

export function addKeys(parent: CliCommand): void {
  const keys = parent.command('keys').description('make, list and revoke API keys');
  keys
    .command('create')
    .description('make a key; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(new Flag('--scope <scope...>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .option('--expires-days <days>', 'after how many days it ends', positive)
    .addHelpText('after', SCOPES_HELP)
    .example('buildlatch keys create --name "nightly CI" --scope submit --expires-days 90', 'prints the key, this once')
    .runs((context, { name, scope: scopes, expiresDays }: CreateFlags) =>
      createKey(context, { name, scopes, expiresDays }),
    );
  keys
    .command('list')
    .description('show all keys, the newest first, without their secrets')
    .example('buildlatch keys list', 'with their scopes and ends')
    .runs(listKeys);
  keys
    .command('revoke')
    .description('end a key')
    .argument('<id>', 'the key: its first 21 characters', anId)
    .example('buildlatch keys revoke "$key"', 'ends it')
    .runs((context, _flags, id) => revokeKey(context, id));
}

interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresDays: number | undefined;
}

/** Makes a key and shows it, this once. Sent once: an answer that gets lost would leave a key that nobody has. */
async function createKey(context: CommandContext, wanted: NewKey): Promise<number> {
  const client = clientFor(context, projectCredentials(context.settings), ONCE);
  const created = await client.createKey(wanted.name, wanted.scopes, wanted.expiresDays);
  if (context.isJson) context.screen.json(created);
  else {
    context.screen.note(`key ${created.id}, for ${created.scopes.join(', ')}; it is shown this once:`);
    context.screen.data(created.key);
  }
  return EXIT.ok;
}

async function listKeys(context: CommandContext): Promise<number> {
  const { keys } = await clientFor(context, projectCredentials(context.settings)).keys();
  if (context.isJson) context.screen.json(keys);
  else for (const key of keys) context.screen.data(lineOf(key));
  return EXIT.ok;
}

async function revokeKey(context: CommandContext, id: string): Promise<number> {
  const key = await clientFor(context, projectCredentials(context.settings)).revokeKey(id);
  if (context.isJson) context.screen.json(key);
  else context.screen.note(`key ${key.id} (${key.name}) opens nothing more, at the latest in a minute`);
  return EXIT.ok;
}

function lineOf({ id, state, scopes, expires_at: end, name }: ApiKey): string {
  const until = end === null ? 'no end' : dateOf(end);
  return [id, state.padEnd(7), scopes.join(',').padEnd(22), until.padEnd(10), name].join('  ');
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
