import { link, rename, rm } from 'node:fs/promises';

export class FileExists extends Error {
  override name = 'FileExists';
  readonly code = 'file_exists';
}

/** File systems without hard links (exFAT, some network shares). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Gives a finished download its name. A link, unlike a rename, fails if the name has been taken meanwhile. */
export async function placeFile(partPath: string, path: string, mayOverwrite: boolean): Promise<void> {
  if (mayOverwrite) return rename(partPath, path);
  try {
    await link(partPath, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NO_LINKS.has(code)) return rename(partPath, path);
    await rm(partPath, { force: true });
    throw code === 'EEXIST' ? new FileExists(`${path} exists: choose another with -o, or use --force`) : error;
  }
  await rm(partPath);
}
