import { realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';
import { listFiles } from '../pack/list-project.ts';
import { TooLarge, zipFiles } from '../pack/zip-files.ts';
import { digestFile, type FileDigest } from '../transfer/file-digest.ts';
import { matchPaths } from './artifact-pattern.ts';
import { BuildFailure } from './build-stopped.ts';

export interface Artifact {
  readonly path: string;
  readonly filename: string;
  readonly digest: FileDigest;
}

/** What the controller takes as a result. */
const MAX_RESULT_BYTES = 5 * 1024 ** 3;

/** A file is the result as it is; a folder is packed as a ZIP into `scratch`. */
export async function collectArtifact(project: string, pattern: string, scratch: string): Promise<Artifact> {
  const path = await locate(project, pattern);
  const stats = await stat(path);
  if (stats.isFile()) return described(path, basename(path), pattern);
  if (!stats.isDirectory()) throw new BuildFailure(`Artifact ${pattern} is neither a file nor a folder`);
  const packed = join(scratch, 'artifact.zip');
  const { files } = await listFiles(path);
  if (files.length === 0) throw new BuildFailure(`Artifact ${pattern} is an empty folder`);
  await zipFiles(files, packed, MAX_RESULT_BYTES).catch((error: unknown) => {
    throw error instanceof TooLarge ? tooLarge(pattern) : error;
  });
  return described(packed, `${basename(path)}.zip`, pattern);
}

async function described(path: string, filename: string, pattern: string): Promise<Artifact> {
  const digest = await digestFile(path);
  if (digest.size > MAX_RESULT_BYTES) throw tooLarge(pattern);
  return { path, filename, digest };
}

function tooLarge(pattern: string): BuildFailure {
  return new BuildFailure(`Artifact ${pattern} is larger than ${MAX_RESULT_BYTES / 1024 ** 3} GB`);
}

async function locate(project: string, pattern: string): Promise<string> {
  const found = /[*?[]/.test(pattern) ? await onlyMatch(project, pattern) : pattern;
  const path = await realpath(join(project, found)).catch(ignoreMissing);
  if (path === undefined) throw new BuildFailure(`Artifact ${pattern} was not built: no such file`);
  const root = await realpath(project);
  if (path !== root && !path.startsWith(root + sep))
    throw new BuildFailure(`Artifact ${pattern} is outside the project`);
  return path;
}

async function onlyMatch(project: string, pattern: string): Promise<string> {
  const matches = await matchPaths(project, pattern);
  const [first] = matches;
  if (first === undefined) throw new BuildFailure(`Artifact ${pattern} was not built: nothing matches`);
  if (matches.length > 1) {
    const some = matches.slice(0, 3).join(', ');
    throw new BuildFailure(`Artifact ${pattern} matches ${matches.length} paths (${some}…): name one, or a folder`);
  }
  return first;
}
