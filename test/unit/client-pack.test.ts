import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listProject, UnpackableProject } from '../../lib/client/pack/list-project.ts';
import { withSourceArchive } from '../../lib/client/pack/source-archive.ts';
import { unpackZip } from '../../lib/client/unpack/unpack-zip.ts';
import { temporaryFolder } from '../support/client-folder.ts';

async function namesIn(files: Record<string, string>): Promise<string[]> {
  const { files: found } = await listProject(await temporaryFolder(files));
  return found.map(({ name }) => name);
}

describe('what is packed', () => {
  it('leaves out what nested ignore files say, each counted from its own folder', async () => {
    const names = await namesIn({
      '.gitignore': '*.log\n/build\n',
      'a.log': '',
      'keep.ts': '',
      'build/out.js': '',
      'app/build/keep.js': '',
      'app/.gitignore': '!important.log\n/local.txt\n',
      'app/important.log': '',
      'app/other.log': '',
      'app/local.txt': '',
      'app/deep/local.txt': '',
    });
    expect(names).toEqual([
      '.gitignore',
      'app/.gitignore',
      'app/build/keep.js',
      'app/deep/local.txt',
      'app/important.log',
      'keep.ts',
    ]);
  });

  it('agrees with git about a whitelist and its exceptions', async () => {
    const files = {
      '.gitignore': '/*\n!/src\n!.gitignore\n/src/**/gen\n*.tmp\n!keep.tmp\n',
      'other/a.ts': '',
      'src/a.ts': '',
      'src/x.tmp': '',
      'src/keep.tmp': '',
      'src/deep/gen/b.ts': '',
      'src/deep/gen.ts': '',
    };
    const folder = await temporaryFolder(files);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    const git = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: folder }).toString();
    const { files: found } = await listProject(folder);
    expect(found.map(({ name }) => name)).toEqual(git.trim().split('\n').sort());
  });

  it('is in one order, whatever the order of the folders', async () => {
    expect(await namesIn({ 'a/b': '', 'a-b': '', a0: '', B: '' })).toEqual(['B', 'a-b', 'a/b', 'a0']);
  });

  it('lets .buildlatchignore have the last word, also about a folder', async () => {
    const names = await namesIn({
      '.gitignore': 'secrets.json\ngenerated/\n',
      '.buildlatchignore': '!secrets.json\n!generated/\ndocs/\n',
      'secrets.json': '',
      'generated/a.ts': '',
      'docs/manual.md': '',
    });
    expect(names).toEqual(['.buildlatchignore', '.gitignore', 'generated/a.ts', 'secrets.json']);
  });

  it('leaves out .git and node_modules unless .buildlatchignore asks for them', async () => {
    const files = { '.git/HEAD': '', 'node_modules/x/i.js': '', 'a/node_modules/y/i.js': '', 'i.ts': '' };
    expect(await namesIn(files)).toEqual(['i.ts']);
    expect(await namesIn({ ...files, '.gitignore': '!node_modules' })).toEqual(['.gitignore', 'i.ts']);
    expect(await namesIn({ ...files, '.buildlatchignore': '!/node_modules/' })).toEqual([
      '.buildlatchignore',
      'i.ts',
      'node_modules/x/i.js',
    ]);
  });

  it('applies the rules of the repository around a project', async () => {
    const root = await temporaryFolder({ '.gitignore': '*.bak\n', 'app/a.ts': '', 'app/a.bak': '' });
    await mkdir(join(root, '.git'));
    const { files } = await listProject(join(root, 'app'));
    expect(files.map(({ name }) => name)).toEqual(['a.ts']);
  });

  it('stores the content of a link inside the project, and leaves the others out with a warning', async () => {
    const outside = await temporaryFolder({ 'secret.txt': 'secret' });
    const folder = await temporaryFolder({ 'real.txt': 'content', 'sub/a.txt': '' });
    await symlink('real.txt', join(folder, 'link.txt'));
    await symlink(join(outside, 'secret.txt'), join(folder, 'leak.txt'));
    await symlink('nowhere', join(folder, 'broken'));
    await symlink('.', join(folder, 'sub/loop'));
    const { files, warnings } = await listProject(folder);
    expect(files.map(({ name }) => name)).toEqual(['link.txt', 'real.txt', 'sub/a.txt']);
    expect([...warnings].sort()).toEqual([
      'broken -> nowhere: link left out, it leads nowhere',
      `leak.txt -> ${join(outside, 'secret.txt')}: link left out, it leaves the project`,
      'sub/loop -> .: link left out, it leads to a folder',
    ]);
  });
});

describe('the archive', () => {
  it('unpacks to the same contents, programs to programs', async () => {
    const folder = await temporaryFolder({ 'run.sh': '#!/bin/sh\n', 'src/größe.ts': 'export {};\n' });
    await chmod(join(folder, 'run.sh'), 0o755);
    await chmod(join(folder, 'src/größe.ts'), 0o600);
    const target = await temporaryFolder();
    await withSourceArchive(folder, ({ path }) => unpackZip(path, target));
    expect(await readFile(join(target, 'src/größe.ts'), 'utf8')).toBe('export {};\n');
    expect((await stat(join(target, 'run.sh'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(target, 'src/größe.ts'))).mode & 0o777).toBe(0o644);
  });

  it('has the same SHA-256 for the same content, whenever and in whichever order it was written', async () => {
    const first = await temporaryFolder({ 'a.txt': 'a', 'b/c.txt': 'c' });
    const second = await temporaryFolder({ 'b/c.txt': 'c', 'a.txt': 'a' });
    await utimes(join(second, 'a.txt'), 1, 1);
    // As another umask leaves it.
    await chmod(join(second, 'a.txt'), 0o664);
    const digests = await Promise.all(
      [first, second].map((folder) => withSourceArchive(folder, async (a) => a.digest)),
    );
    expect(digests[0]).toEqual(digests[1]);
    await writeFile(join(second, 'a.txt'), 'A');
    expect(await withSourceArchive(second, async (a) => a.digest)).not.toEqual(digests[0]);
    await chmod(join(first, 'a.txt'), 0o755);
    expect(await withSourceArchive(first, async (a) => a.digest)).not.toEqual(digests[0]);
  });

  it('tells how far it is, by what was read of all there is to read', async () => {
    const folder = await temporaryFolder({ a: 'x'.repeat(1000), b: 'y'.repeat(500) });
    const told: [number, number][] = [];
    const onProgress = (read: number, all: number) => void told.push([read, all]);
    await withSourceArchive(folder, async () => {}, { onProgress });
    expect(told.at(-1)).toEqual([1500, 1500]);
  });

  it('says where the bytes of a project are that is too large: each folder as far down as they lie together', async () => {
    const random = (bytes: number) => randomBytes(bytes).toString('hex');
    const files = { 'src/a.ts': 'a', 'media/video/raw/one.mov': random(900), 'media/video/raw/two.mov': random(300) };
    const folder = await temporaryFolder({
      ...files,
      'media/readme.md': 'a',
      'data/x.bin': random(200),
      'data/y.bin': '',
    });
    const packed = withSourceArchive(folder, async () => {}, { maxBytes: 100 });
    await expect(packed).rejects.toThrow(
      /largest parts are\n {5}2\.4 kB {2}media\/video\/raw\/\n {5}0\.4 kB {2}data\/x\.bin\n {5}0\.0 kB {2}src\/a\.ts$/,
    );
  });

  it('is removed afterwards, also when its use fails', async () => {
    let path = '';
    const use = withSourceArchive(await temporaryFolder({ a: '' }), async (archive) => {
      path = archive.path;
      throw new Error('upload failed');
    });
    await expect(use).rejects.toThrow('upload failed');
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('refuses what is too large before anything is uploaded, and an empty project', async () => {
    const folder = await temporaryFolder({ 'big.bin': 'x'.repeat(1000), 'big.zip': 'PKx'.repeat(100) });
    const never = async () => {
      throw new Error('used');
    };
    await expect(withSourceArchive(folder, never, { maxBytes: 100 })).rejects.toThrow(
      /larger than 100 bytes: leave out/,
    );
    await expect(withSourceArchive(join(folder, 'big.zip'), never, { maxBytes: 100 })).rejects.toThrow(
      UnpackableProject,
    );
    const empty = await temporaryFolder({ '.gitignore': '*\n', a: '' });
    await expect(withSourceArchive(empty, never)).rejects.toThrow(/nothing to build/);
    await expect(withSourceArchive(join(folder, 'big.bin'), never)).rejects.toThrow(/neither a folder nor/);
    await expect(withSourceArchive(join(folder, 'none'), never)).rejects.toThrow(/no such file/);
  });
});
