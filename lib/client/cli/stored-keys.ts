import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './exit-codes.ts';
import { isRecord } from './setting-sources.ts';
import { readObject, userFolder, writePrivately } from './settings-files.ts';

/** Keys by the address of their controller: one that was stored for a controller goes to no other. */
export interface StoredKeys {
  find(baseUrl: string): Promise<string | undefined>;
  keep(baseUrl: string, key: string): Promise<void>;
  /** Answers whether there was one. */
  forget(baseUrl: string): Promise<boolean>;
}

export function storedKeys(env: NodeJS.ProcessEnv, warn: (text: string) => void): StoredKeys {
  const folder = userFolder(env);
  const path = folder === undefined ? undefined : join(folder, 'credentials.json');
  const read = async (): Promise<Record<string, unknown>> => {
    if (path === undefined) return {};
    const content = await readObject(path, path);
    if (content !== undefined) await warnIfOpen(path, warn);
    const keys = content?.['keys'];
    return isRecord(keys) ? keys : {};
  };
  const write = async (keys: Record<string, unknown>): Promise<void> => {
    if (path === undefined) throw new UsageError('no place to keep a key in: HOME is not set');
    await writePrivately(path, { keys });
  };
  return {
    find: async (baseUrl) => {
      const keys = await read();
      const key = Object.hasOwn(keys, baseUrl) ? keys[baseUrl] : undefined;
      return typeof key === 'string' ? key : undefined;
    },
    keep: async (baseUrl, key) => write({ ...(await read()), [baseUrl]: key }),
    forget: async (baseUrl) => {
      const { [baseUrl]: gone, ...rest } = await read();
      if (gone !== undefined) await write(rest);
      return gone !== undefined;
    },
  };
}

async function warnIfOpen(path: string, warn: (text: string) => void): Promise<void> {
  // Windows has no such modes; there the user's folder is the user's.
  if (process.platform === 'win32') return;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  warn(`Warning: other users can read or change the keys in ${path}: chmod 600 it, and have new keys made`);
}
