import { parseBaseUrl } from '../urls.ts';
import { MissingCredentials, UsageError } from './exit-codes.ts';

export interface ConnectionFlags {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly buildToken?: string | undefined;
}

export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly buildToken: string | undefined;
}

const DEFAULT_URL = 'http://127.0.0.1:3000';

/** Flag before environment before default. An empty value counts as none, as pipelines set them. */
export function readSettings(flags: ConnectionFlags, env: NodeJS.ProcessEnv): Settings {
  const base = parseBaseUrl(flags.url || env['BUILDLATCH_URL'] || DEFAULT_URL);
  if ('problem' in base) throw new UsageError(`controller URL: ${base.problem}`);
  return {
    baseUrl: base.url,
    apiKey: secret('API key', flags.apiKey || env['BUILDLATCH_API_KEY']),
    buildToken: secret('build token', flags.buildToken || env['BUILDLATCH_BUILD_TOKEN']),
  };
}

export function projectCredentials({ apiKey }: Settings): Record<string, string> {
  if (apiKey === undefined) throw new MissingCredentials('no API key: set BUILDLATCH_API_KEY, or use --api-key');
  return { 'X-API-Key': apiKey };
}

/** The project's key opens every build, a build's token that one. */
export function buildCredentials({ apiKey, buildToken }: Settings): Record<string, string> {
  if (apiKey !== undefined) return { 'X-API-Key': apiKey };
  if (buildToken !== undefined) return { 'X-Build-Token': buildToken };
  throw new MissingCredentials('no credentials: set BUILDLATCH_API_KEY or BUILDLATCH_BUILD_TOKEN');
}

function secret(what: string, value: string | undefined): string | undefined {
  if (!value) return undefined;
  const trimmed = value.trim();
  // fetch refuses such a header with a message that contains the value.
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw new UsageError(`the ${what} contains characters that no key has`);
  return trimmed;
}
