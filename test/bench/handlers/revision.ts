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

/** Before each change that was made for speed, oldest first. */
export const BEFORE_CHANGES: readonly Revision[] = [
  { rev: '4fb8552', name: 'before any, with what it could do then' },
  { rev: 'b49bc77~1', name: 'before a log line and an update’s expression cost less' },
];

/** Those that are there: a shallow clone has none. */
export async function knownRevisions(revisions: readonly Revision[]): Promise<Revision[]> {
  const isKnown = await Promise.all(
    revisions.map(({ rev }) =>
      git('cat-file', '-e', `${rev}^{commit}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return revisions.filter((_, index) => isKnown[index]);
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
