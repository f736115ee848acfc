import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';
import { parseJson } from '../parse-json.ts';
import { UsageError } from './exit-codes.ts';
import { isRecord, type SettingsFile } from './setting-sources.ts';

/** The worker's part of this file says how the project is built; ours is below `cli`. */
export const PROJECT_FILE = 'buildlatch.json';

/** Of the folder we are in, and of no folder above it: that one may belong to somebody else. */
export async function readProjectFile(cwd: string): Promise<SettingsFile | undefined> {
  const values = await readObject(join(cwd, PROJECT_FILE), PROJECT_FILE);
  const cli = values?.['cli'];
  if (cli === undefined) return undefined;
  if (!isRecord(cli)) throw new UsageError(`${PROJECT_FILE}: cli is not an object`);
  return { name: PROJECT_FILE, values: cli };
}

export async function readUserFile(env: NodeJS.ProcessEnv): Promise<SettingsFile | undefined> {
  const folder = userFolder(env);
  if (folder === undefined) return undefined;
  const path = join(folder, 'config.json');
  const values = await readObject(path, path);
  return values && { name: path, values };
}

/** Where this user's settings and keys are; undefined in surroundings without a home. */
export function userFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string | undefined {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData, HOME: home } = env;
  if (xdg) return join(xdg, 'buildlatch');
  if (platform === 'win32') return appData ? join(appData, 'buildlatch') : undefined;
  if (!home) return undefined;
  return platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'buildlatch')
    : join(home, '.config', 'buildlatch');
}

/** One of those that all commands share. */
export async function setUserSetting(env: NodeJS.ProcessEnv, name: string, value: string): Promise<void> {
  const folder = userFolder(env);
  if (folder === undefined) return;
  const path = join(folder, 'config.json');
  const before = await readObject(path, path);
  if (before?.[name] !== value) await writePrivately(path, { ...before, [name]: value });
}

/** Whole or not at all, and never readable by anybody else, not even for a moment. */
export async function writePrivately(path: string, content: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, path);
}

export async function readObject(path: string, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  const value = parseJson(text);
  if (!isRecord(value)) throw new UsageError(`${name}: not a JSON object`);
  return value;
}
