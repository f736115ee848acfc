import type { ApiKey } from '../answers.ts';
import { ONCE } from '../retry.ts';
import { type CommandContext, clientFor } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { projectCredentials } from './settings.ts';

interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresDays: number | undefined;
}

/** Makes a key and shows it, this once. Sent once: an answer that gets lost would leave a key that nobody has. */
export async function createKey(context: CommandContext, wanted: NewKey): Promise<number> {
  const client = clientFor(context, projectCredentials(context.settings), ONCE);
  const created = await client.createKey(wanted.name, wanted.scopes, wanted.expiresDays);
  if (context.isJson) context.screen.json(created);
  else {
    context.screen.note(`key ${created.id}, for ${created.scopes.join(', ')}; it is shown this once:`);
    context.screen.data(created.key);
  }
  return EXIT.ok;
}

export async function listKeys(context: CommandContext): Promise<number> {
  const { keys } = await clientFor(context, projectCredentials(context.settings)).keys();
  if (context.isJson) context.screen.json(keys);
  else for (const key of keys) context.screen.data(lineOf(key));
  return EXIT.ok;
}

export async function revokeKey(context: CommandContext, id: string): Promise<number> {
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
