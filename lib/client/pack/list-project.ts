import type { Dirent, Stats } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';
import { type IgnoreRules, isIgnored, rulesAbove, rulesIn } from './ignore-rules.ts';

export interface ProjectFile {
  /** Relative, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

export interface ProjectListing {
  readonly files: readonly ProjectFile[];
  /** What was left out although no rule says so. */
  readonly warnings: readonly string[];
}

/** A project that cannot be packed; the message says what to do. */
export class UnpackableProject extends Error {
  override name = 'UnpackableProject';
  readonly code = 'unpackable_project';
}

/** What a worker accepts, too. */
const MAX_FILES = 100_000;

/**
 * The files of a project that its ignore files do not leave out, in a fixed order. A link to a file of the project is
 * listed with that file's content; links that leave the project, lead to a folder or to nothing are left out with a
 * warning, since a link in an archive can be made to write anywhere.
 */
export async function listProject(folder: string): Promise<ProjectListing> {
  const root = await realpath(folder);
  const { files, warnings } = await list(root, await rulesIn(root, await rulesAbove(root)));
  return { files: files.map((file) => ({ ...file, mode: plainMode(file.mode) })), warnings };
}

/** As git keeps it: a program or not. The rest is the umask of whoever checked the project out. */
const plainMode = (mode: number) => ((mode & 0o100) === 0 ? 0o644 : 0o755);

/** Every file of a folder, whatever ignore files say: for results, where nothing is left out. */
export async function listFiles(folder: string): Promise<ProjectListing> {
  return list(await realpath(folder), undefined);
}

interface Walk {
  readonly root: string;
  readonly files: ProjectFile[];
  readonly warnings: string[];
}

async function list(root: string, rules: IgnoreRules | undefined): Promise<ProjectListing> {
  const walk: Walk = { root, files: [], warnings: [] };
  await visit(walk, root, rules);
  walk.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return walk;
}

async function visit(walk: Walk, folder: string, rules: IgnoreRules | undefined): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (rules && isIgnored(rules, path, entry.isDirectory())) continue;
    if (entry.isDirectory()) await visit(walk, path, rules && (await rulesIn(path, rules)));
    else await add(walk, path, entry);
  }
}

async function add(walk: Walk, path: string, entry: Dirent): Promise<void> {
  const name = relative(walk.root, path).split(sep).join('/');
  const found = entry.isSymbolicLink() ? await linkTarget(walk, path, name) : { path, stats: await stat(path) };
  if (!found) return;
  if (!found.stats.isFile()) {
    walk.warnings.push(`${name}: left out, not a regular file`);
    return;
  }
  if (name.includes('\\')) throw new UnpackableProject(`${name}: a backslash in a file name cannot be packed`);
  walk.files.push({ name, path: found.path, size: found.stats.size, mode: found.stats.mode & 0o777 });
  if (walk.files.length > MAX_FILES) {
    throw new UnpackableProject(`more than ${MAX_FILES} files: leave some out in .buildlatchignore`);
  }
}

async function linkTarget(walk: Walk, path: string, name: string): Promise<{ path: string; stats: Stats } | undefined> {
  const target = await realpath(path).catch(ignoreMissing);
  const refuse = async (why: string) => {
    walk.warnings.push(`${name} -> ${await readlink(path)}: link left out, ${why}`);
    return undefined;
  };
  if (target === undefined) return refuse('it leads nowhere');
  if (!target.startsWith(walk.root + sep)) return refuse('it leaves the project');
  const stats = await stat(target);
  return stats.isDirectory() ? refuse('it leads to a folder') : { path: target, stats };
}
