import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import ignore from 'ignore';

/** Files and folders that match, sorted. The pattern counts from the project; `**` crosses folders. */
export async function matchPaths(project: string, pattern: string): Promise<string[]> {
  // fs.glob is not in Node 20. An ignore file's patterns are the same language.
  const matcher = ignore().add(`/${pattern.replace(/^\.?\/+/, '')}`);
  const matches: string[] = [];
  const visit = async (folder: string) => {
    for (const entry of await readdir(join(project, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (matcher.ignores(entry.isDirectory() ? `${path}/` : path)) matches.push(path);
      else if (entry.isDirectory()) await visit(path);
    }
  };
  await visit('');
  return matches.sort();
}
