import { hasCode } from '../../api-error.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT, MissingCredentials, UsageError } from '../exit-codes.ts';
import { askHidden, readAll } from '../prompt.ts';
import { secret } from '../settings.ts';
import { PROJECT_FILE, setUserSetting } from '../settings-files.ts';
import { storedKeys } from '../stored-keys.ts';

export function addLogin(parent: CliCommand): void {
  parent
    .command('login')
    .description('store a key for a controller, after trying it; it is read from the terminal, or from stdin')
    .addHelpText('after', '\nThe key is kept in your own folder, and goes to this controller alone.')
    .example('printf %s "$KEY" | buildlatch login --url "$URL"', 'from a secret store, without anybody seeing it')
    .runs(login);
}

export function addLogout(parent: CliCommand): void {
  parent
    .command('logout')
    .description('forget the key that is stored for a controller')
    .example('buildlatch logout --url "$URL"', 'forgets the key for one controller')
    .runs(logout);
}

async function login(context: CommandContext): Promise<number> {
  const { screen, settings, io } = context;
  const key = secret('API key', await readKey(context));
  if (key === undefined) throw new MissingCredentials('no key came: nothing is stored');
  await tryKey(context, key);
  await storedKeys(io.env, screen.note).keep(settings.baseUrl, key);
  // A project names its own controller; the user's is not changed by working in it.
  if (!settings.isUrlOfProject) await setUserSetting(io.env, 'url', settings.baseUrl);
  if (context.isJson) screen.json({ url: settings.baseUrl, stored: true });
  else screen.note(`Logged in to ${settings.baseUrl}`);
  return EXIT.ok;
}

async function readKey({ io, settings: { baseUrl, isUrlOfProject } }: CommandContext): Promise<string> {
  if (io.stdin.isTTY) {
    const named = isUrlOfProject ? `, which this folder's ${PROJECT_FILE} names` : '';
    return askHidden(io, `API key for ${baseUrl}${named}`);
  }
  // Nobody sees here where the key would go.
  if (isUrlOfProject) throw new UsageError(`the address ${baseUrl} comes from ${PROJECT_FILE}: name it with --url`);
  return readAll(io.stdin);
}

/** A key with other scopes is one as well. */
async function tryKey(context: CommandContext, key: string): Promise<void> {
  await clientFor(context, { 'X-API-Key': key })
    .list({ limit: 1 })
    .catch((error: unknown) => {
      if (!hasCode(error, 'scope_missing')) throw error;
    });
}

async function logout({ screen, settings: { baseUrl }, io, isJson }: CommandContext): Promise<number> {
  const wasThere = await storedKeys(io.env, screen.note).forget(baseUrl);
  if (isJson) screen.json({ url: baseUrl, forgotten: wasThere });
  else screen.note(wasThere ? `The key for ${baseUrl} is forgotten` : `No key is stored for ${baseUrl}`);
  return EXIT.ok;
}
