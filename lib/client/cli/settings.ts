import { parseBaseUrl } from '../urls.ts';
import { MissingCredentials, UsageError } from './exit-codes.ts';
import { PROJECT_FILE } from './settings-files.ts';
import type { StoredKeys } from './stored-keys.ts';

export interface ConnectionFlags {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly buildToken?: string | undefined;
}

export interface Settings {
  readonly baseUrl: string;
  /** A repository named the address, and not the user. */
  readonly isUrlOfProject: boolean;
  /** Nobody named it. */
  readonly isUrlDefault: boolean;
  readonly apiKey: string | undefined;
  readonly buildToken: string | undefined;
  /** Why there is no credential although one was given. */
  readonly withheld?: string;
}

export const DEFAULT_URL = 'http://127.0.0.1:3000';

/**
 * The address, and the credentials that may go there. Whoever writes a repository must not get the keys of those who work
 * in it: where its file names the controller, only the key goes there that the user has stored for that very address.
 */
export async function readSettings(
  flags: ConnectionFlags,
  urlSource: string | undefined,
  keys: StoredKeys,
): Promise<Settings> {
  const isUrlOfProject = urlSource === 'project';
  const base = parseBaseUrl(flags.url);
  if ('problem' in base) throw new UsageError(`controller URL: ${base.problem}`);
  const apiKey = secret('API key', flags.apiKey);
  const buildToken = secret('build token', flags.buildToken);
  const isGiven = apiKey !== undefined || buildToken !== undefined;
  const stored = isGiven && !isUrlOfProject ? undefined : secret('stored API key', await keys.find(base.url));
  const known = { baseUrl: base.url, isUrlOfProject, isUrlDefault: urlSource === 'default' };
  if (!isUrlOfProject || stored !== undefined) return { ...known, apiKey: isGiven ? apiKey : stored, buildToken };
  const withheld = `the address ${base.url} comes from ${PROJECT_FILE}: to send it a key, name it yourself (--url or BUILDLATCH_URL), or use "buildlatch login"`;
  return { ...known, apiKey: undefined, buildToken: undefined, ...(isGiven && { withheld }) };
}

export function projectCredentials({ apiKey, withheld }: Settings): Record<string, string> {
  if (apiKey !== undefined) return { 'X-API-Key': apiKey };
  throw new MissingCredentials(withheld ?? 'no API key: set BUILDLATCH_API_KEY, or use "buildlatch login"');
}

/** The project's key opens every build, a build's token that one. */
export function buildCredentials({ apiKey, buildToken, withheld }: Settings): Record<string, string> {
  if (apiKey !== undefined) return { 'X-API-Key': apiKey };
  if (buildToken !== undefined) return { 'X-Build-Token': buildToken };
  throw new MissingCredentials(withheld ?? 'no credentials: set BUILDLATCH_API_KEY or BUILDLATCH_BUILD_TOKEN');
}

export function secret(what: string, value: string | undefined): string | undefined {
  if (!value) return undefined;
  const trimmed = value.trim();
  // fetch refuses such a header with a message that contains the value.
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw new UsageError(`the ${what} contains characters that no key has`);
  return trimmed;
}
