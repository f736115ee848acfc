import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Remembers the id of an upload in parts until it is complete: the same command goes on with it after a break. */
export interface OpenUpload {
  find(): Promise<string | undefined>;
  keep(uploadId: string): Promise<void>;
  forget(): Promise<void>;
}

/** Without a place to remember anything in, an upload begins anew: no reason to fail. */
const NO_PLACE = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC']);

/** Of this file on its way to this controller. The id alone opens nothing. */
export function openUpload(env: NodeJS.ProcessEnv, baseUrl: string, sha256: string): OpenUpload {
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  const name = createHash('sha256').update(`${baseUrl} ${sha256}`).digest('hex');
  const path = join(cache, 'buildlatch', 'uploads', name);
  return {
    find: async () => {
      const id = (await readFile(path, 'utf8').catch(ignoreNoPlace))?.trim();
      return id && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : undefined;
    },
    keep: async (uploadId) => {
      await mkdir(dirname(path), { recursive: true }).catch(ignoreNoPlace);
      await writeFile(path, `${uploadId}\n`, { mode: 0o600 }).catch(ignoreNoPlace);
    },
    forget: async () => {
      await rm(path, { force: true }).catch(ignoreNoPlace);
    },
  };
}

function ignoreNoPlace(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && NO_PLACE.has(String(error.code))) return undefined;
  throw error;
}
