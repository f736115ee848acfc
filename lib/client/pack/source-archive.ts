import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { amount } from '../amount.ts';
import { ignoreMissing } from '../missing-file.ts';
import { digestFile, type FileDigest } from '../transfer/file-digest.ts';
import { largestParts } from './largest-parts.ts';
import { listProject, type ProjectFile, UnpackableProject } from './list-project.ts';
import { TooLarge, zipFiles } from './zip-files.ts';

export interface SourceArchive {
  readonly path: string;
  readonly digest: FileDigest;
  /** What it was packed of; undefined for an archive that was there. */
  readonly files: readonly ProjectFile[] | undefined;
  readonly warnings: readonly string[];
}

export interface PackOptions {
  readonly maxBytes?: number;
  readonly onProgress?: ((readBytes: number, allBytes: number) => void) | undefined;
}

/** What no controller takes. One that takes less says so before the upload, and its limit is then the one to name. */
const MAX_SOURCE_BYTES = 5 * 1024 ** 3;
const NAMED_PARTS = 5;

/** Runs `use` with the archive of a folder, packed for the purpose and removed after, or with a ready archive. */
export async function withSourceArchive<T>(
  source: string,
  use: (archive: SourceArchive) => Promise<T>,
  options: PackOptions = {},
): Promise<T> {
  const stats = await stat(source).catch(ignoreMissing);
  if (!stats) throw new UnpackableProject(`${source}: no such file or folder`);
  const { maxBytes = MAX_SOURCE_BYTES, onProgress } = options;
  if (!stats.isDirectory()) return use(await readyArchive(source, stats.size, maxBytes));
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-'));
  try {
    return await use(await packFolder(source, join(folder, 'source.zip'), { maxBytes, onProgress }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Why a source is refused, and where in it the bytes are. */
export function tooLarge(
  what: string,
  files: readonly ProjectFile[] | undefined,
  cause: Error | undefined,
): UnpackableProject {
  const parts = largestParts(files ?? [], NAMED_PARTS);
  const lines = parts.map(({ name, size }) => `\n  ${amount(size).padStart(9)}  ${name}`);
  const advice = 'leave out what the build does not need in .buildlatchignore';
  const largest = parts.length === 0 ? '' : `; before packing, the largest parts are${lines.join('')}`;
  return new UnpackableProject(`${what}: ${advice}${largest}`, { cause });
}

const largerThan = (source: string, bytes: number) =>
  `${source}: the source is larger than ${bytes >= 1024 ** 3 ? `${bytes / 1024 ** 3} GB` : `${bytes} bytes`}`;

async function packFolder(
  source: string,
  path: string,
  { maxBytes, onProgress }: PackOptions & { readonly maxBytes: number },
): Promise<SourceArchive> {
  const { files, warnings } = await listProject(source);
  if (files.length === 0)
    throw new UnpackableProject(`${source}: nothing to build, no file is left after the ignore rules`);
  const allBytes = files.reduce((sum, { size }) => sum + size, 0);
  try {
    await zipFiles(files, path, maxBytes, (readBytes) => onProgress?.(readBytes, allBytes));
  } catch (error) {
    if (error instanceof TooLarge) throw tooLarge(largerThan(source, maxBytes), files, error);
    throw error;
  }
  return { path, digest: await digestFile(path), files, warnings };
}

async function readyArchive(path: string, size: number, maxBytes: number): Promise<SourceArchive> {
  if (size > maxBytes) throw tooLarge(largerThan(path, maxBytes), undefined, undefined);
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
  return { path, digest: await digestFile(path), files: undefined, warnings: [] };
}
