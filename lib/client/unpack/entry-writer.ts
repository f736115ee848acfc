import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HostileArchive, type UnpackBudget } from './hostile-archive.ts';

export async function writeFolder(target: string, path: string): Promise<void> {
  await mkdir(join(target, path), { recursive: true, mode: 0o755 }).catch(refuseClash(path));
}

/** Never through a link, for there are none in the target; never over a file, so that no entry replaces another. */
export async function writeEntry(
  target: string,
  path: string,
  content: AsyncIterable<Uint8Array>,
  mode: number,
  budget: UnpackBudget,
): Promise<void> {
  const file = join(target, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o755 }).catch(refuseClash(path));
  const count = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      budget.bytes(chunk.length);
      yield chunk;
    }
  };
  // The owner can always read and write, and set-uid and sticky bits stay behind.
  const permissions = mode === 0 ? 0o644 : (mode & 0o777) | 0o600;
  await pipeline(content, count, createWriteStream(file, { flags: 'wx', mode: permissions })).catch(refuseClash(path));
}

function refuseClash(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EEXIST' && error.code !== 'ENOTDIR' && error.code !== 'EISDIR') throw error;
    throw new HostileArchive(`two entries clash at ${JSON.stringify(path)}`, { cause: error });
  };
}
