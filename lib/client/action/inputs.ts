import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseDuration } from '../duration.ts';
import type { Signing } from '../scripting/contract.ts';
import { parseBaseUrl } from '../urls.ts';

/** What `action.yml` declares; a test compares the two. */
export const INPUTS = [
  'url',
  'api-key',
  'platform',
  'folder',
  'labels',
  'priority',
  'cert',
  'cert-password',
  'profiles',
  'wait',
  'timeout',
  'download',
  'on-cancel',
  'idempotency-key',
] as const;
type InputName = (typeof INPUTS)[number];

export interface ActionInputs {
  readonly url: string;
  readonly apiKey: string;
  readonly platform: 'ios' | 'android';
  readonly folder: string;
  readonly labels: readonly string[];
  readonly priority: number | undefined;
  readonly cert: string | undefined;
  readonly certPassword: string | undefined;
  readonly profiles: readonly string[];
  readonly isWaiting: boolean;
  readonly timeoutMs: number | undefined;
  /** A file, or a folder with `/` at its end; undefined: the result stays where it is. */
  readonly download: string | undefined;
  readonly onCancel: 'cancel' | 'detach';
  readonly idempotencyKey: string | undefined;
}

/** Each of its lines names an input and says what is wrong with it, never its value. */
export class UnusableInputs extends Error {
  override name = 'UnusableInputs';
}

/** The runner's name for an input, which keeps the `-`. */
const variableOf = (name: InputName) => `INPUT_${name.toUpperCase()}`;

export function readInputs(env: NodeJS.ProcessEnv): ActionInputs {
  const problems: string[] = [];
  const text = (name: InputName) => env[variableOf(name)]?.trim() || undefined;
  const refuse = (name: InputName, why: string) => {
    problems.push(`${name}: ${why}`);
    return undefined;
  };
  const needed = (name: InputName) => text(name) ?? refuse(name, 'missing');
  const oneOf = <T extends string>(name: InputName, choices: readonly T[]): T | undefined => {
    const given = needed(name);
    const choice = choices.find((one) => one === given);
    if (given !== undefined && choice === undefined) refuse(name, `must be ${choices.join(' or ')}`);
    return choice;
  };
  const list = (name: InputName) => (text(name) ?? '').split(/[,\n]/).flatMap((part) => part.trim() || []);

  const url = needed('url');
  const address = url === undefined ? undefined : parseBaseUrl(url);
  if (address && 'problem' in address) refuse('url', address.problem);
  const timeout = text('timeout');
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && timeoutMs === undefined) refuse('timeout', 'must be a time such as 90s, 45m or 2h');
  const priority = text('priority');
  if (priority !== undefined && !/^\d{1,2}$/.test(priority)) refuse('priority', 'must be a number from 0 to 10');
  const [cert, certPassword, profiles] = [
    text('cert'),
    env[variableOf('cert-password')] || undefined,
    list('profiles'),
  ];
  if (cert === undefined && (certPassword !== undefined || profiles.length > 0))
    refuse('cert', 'missing, while there is a cert-password or profiles');
  const apiKey = needed('api-key');
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) refuse('api-key', 'is not a key');
  const platform = oneOf('platform', ['ios', 'android']);
  const wait = oneOf('wait', ['true', 'false']);
  const onCancel = oneOf('on-cancel', ['cancel', 'detach']);
  if (wait === 'false' && text('download') !== undefined) refuse('download', 'needs wait: true');
  if (problems.length > 0 || !url || !apiKey || !platform || !onCancel) throw new UnusableInputs(problems.join('\n'));
  return {
    ...{ url, apiKey, platform, onCancel, timeoutMs, cert, certPassword, profiles },
    folder: text('folder') ?? '.',
    labels: list('labels'),
    priority: priority === undefined ? undefined : Number(priority),
    isWaiting: wait === 'true',
    download: text('download'),
    idempotencyKey: text('idempotency-key'),
  };
}

/** Read before anything is packed or sent. */
export async function readSigning(cwd: string, inputs: ActionInputs): Promise<Signing | undefined> {
  const { cert, certPassword, profiles } = inputs;
  if (cert === undefined) return undefined;
  const files = await Promise.all([cert, ...profiles].map((name) => readFile(resolve(cwd, name))));
  const [certs, ...read] = files;
  return certs && { certs, password: certPassword, profiles: read };
}
