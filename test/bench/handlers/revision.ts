import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');

/** The project as it was. */
export interface Revision {
  readonly rev: string;
  readonly name: string;
}

/** Makes the bundles of that revision with its own bundler, and the packages that are installed now. */
export async function bundleRevision({ rev, name }: Revision, folder: string): Promise<{ name: string; dist: string }> {
  const tree = join(folder, rev);
  const dist = join(folder, `dist-${rev}`);
  await git('worktree', 'add', '--detach', tree, rev);
  try {
    await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
    const program = `import { bundle } from './infra/bundle.ts'; await bundle(${JSON.stringify(dist)});`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: tree });
  } finally {
    await git('worktree', 'remove', '--force', tree);
  }
  return { name, dist };
}

const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: ROOT });
