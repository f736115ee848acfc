import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';
import { digestFile, type FileDigest } from '../transfer/file-digest.ts';
import { listProject, UnpackableProject } from './list-project.ts';
import { TooLarge, zipFiles } from './zip-files.ts';

export interface SourceArchive {
  readonly path: string;
  readonly digest: FileDigest;
  readonly fileCount: number | undefined;
  readonly warnings: readonly string[];
}

/** What the controller takes. Checked here first: nobody should upload 8 GB to be told. */
const MAX_SOURCE_BYTES = 2 * 1024 ** 3;

/** Runs `use` with the archive of a folder, packed for the purpose and removed after, or with a ready archive. */
export async function withSourceArchive<T>(
  source: string,
  use: (archive: SourceArchive) => Promise<T>,
  maxBytes = MAX_SOURCE_BYTES,
): Promise<T> {
  const stats = await stat(source).catch(ignoreMissing);
  if (!stats) throw new UnpackableProject(`${source}: no such file or folder`);
  if (!stats.isDirectory()) return use(await readyArchive(source, stats.size, maxBytes));
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-'));
  try {
    return await use(await packFolder(source, join(folder, 'source.zip'), maxBytes));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packFolder(source: string, path: string, maxBytes: number): Promise<SourceArchive> {
  const { files, warnings } = await listProject(source);
  if (files.length === 0)
    throw new UnpackableProject(`${source}: nothing to build, no file is left after the ignore rules`);
  try {
    await zipFiles(files, path, maxBytes);
  } catch (error) {
    if (error instanceof TooLarge) throw tooLarge(source, maxBytes, error);
    throw error;
  }
  return { path, digest: await digestFile(path), fileCount: files.length, warnings };
}

async function readyArchive(path: string, size: number, maxBytes: number): Promise<SourceArchive> {
  if (size > maxBytes) throw tooLarge(path, maxBytes);
  const start = Buffer.alloc(2);
  const file = await open(path);
  try {
    await file.read(start, 0, 2, 0);
  } finally {
    await file.close();
  }
  const isZip = start.toString('latin1') === 'PK';
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  if (!isZip && !isGzip) throw new UnpackableProject(`${path}: neither a folder nor a .zip or .tar.gz archive`);
  return { path, digest: await digestFile(path), fileCount: undefined, warnings: [] };
}

function tooLarge(source: string, maxBytes: number, cause?: Error): UnpackableProject {
  const limit = maxBytes >= 1024 ** 3 ? `${maxBytes / 1024 ** 3} GB` : `${maxBytes} bytes`;
  const advice = 'leave out what the build does not need in .buildlatchignore';
  return new UnpackableProject(`${source}: the source is larger than ${limit}: ${advice}`, { cause });
}
