import { lstat, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { ignoreMissing } from '../missing-file.ts';

/** The rules of one file, which count from the folder it lies in. */
interface Layer {
  readonly folder: string;
  readonly rules: Ignore;
}

/** Rules in force in one folder: outer before inner, and every .buildlatchignore after every .gitignore. */
export interface IgnoreRules {
  readonly git: readonly Layer[];
  readonly own: readonly Layer[];
}

/** Never useful to a build elsewhere, and huge; a .buildlatchignore may ask for them back (`!node_modules/`). */
const LEFT_OUT = new Set(['.git', 'node_modules']);

/** The rules of the folders above, up to the repository's root: git applies them to a project inside it, too. */
export async function rulesAbove(root: string): Promise<IgnoreRules> {
  const folders: string[] = [];
  for (let folder = root; !(await lstat(join(folder, '.git')).catch(ignoreMissing)); folder = dirname(folder)) {
    // No repository around: then nothing above has a say.
    if (dirname(folder) === folder) return { git: [], own: [] };
    folders.unshift(dirname(folder));
  }
  let rules: IgnoreRules = { git: [], own: [] };
  for (const folder of folders) rules = await rulesIn(folder, rules);
  return { git: rules.git, own: [] };
}

export async function rulesIn(folder: string, outer: IgnoreRules): Promise<IgnoreRules> {
  const [git, own] = await Promise.all([layer(folder, '.gitignore'), layer(folder, '.buildlatchignore')]);
  return { git: [...outer.git, ...git], own: [...outer.own, ...own] };
}

/** Whether a path in a folder that is itself included is left out. */
export function isIgnored(rules: IgnoreRules, path: string, isDirectory: boolean): boolean {
  const name = path.slice(path.lastIndexOf(sep) + 1);
  let ignored = false;
  for (const layer of rules.git) ignored = opinion(layer, path, isDirectory) ?? ignored;
  if (LEFT_OUT.has(name)) ignored = true;
  for (const layer of rules.own) ignored = opinion(layer, path, isDirectory) ?? ignored;
  return ignored;
}

/** What one file's rules say, or undefined if nothing: the last file with an opinion decides. */
function opinion(layer: Layer, path: string, isDirectory: boolean): boolean | undefined {
  const inside = relative(layer.folder, path).split(sep).join('/');
  const parent = inside.slice(0, inside.lastIndexOf('/') + 1);
  // This file leaves the folder out and a later one took it back: what is in it is no longer this file's matter.
  if (parent !== '' && layer.rules.ignores(parent)) return undefined;
  const result = layer.rules.test(isDirectory ? `${inside}/` : inside);
  if (result.ignored) return true;
  return result.unignored ? false : undefined;
}

async function layer(folder: string, name: string): Promise<Layer[]> {
  const text = await readFile(join(folder, name), 'utf8').catch(ignoreMissing);
  return text === undefined ? [] : [{ folder, rules: ignore().add(text) }];
}
