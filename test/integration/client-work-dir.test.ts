import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeBuildFolder, removeBuildFolder, removeStaleFolders } from '../../lib/client/agent/work-dir.ts';
import { temporaryFolder } from '../support/client-folder.ts';

it('a build folder is its owner’s alone, and goes away with what is write-protected in it', async () => {
  const work = join(await temporaryFolder(), 'new', 'work');
  const folder = await makeBuildFolder(work);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await mkdir(join(folder, 'cache/module'), { recursive: true });
  await chmod(join(folder, 'cache'), 0o555);
  await removeBuildFolder(folder);
  expect(await readdir(work)).toEqual([]);
});

it('folders of agents that were killed are removed at a start; those of living ones and of others are not', async () => {
  const work = await temporaryFolder();
  const own = await makeBuildFolder(work);
  // In a container the agent before had the same number.
  const former = `build-${process.pid}-1-ccc`;
  for (const name of ['build-111-aaa', 'build-222-bbb', former, 'photos']) await mkdir(join(work, name));
  await removeStaleFolders(work, (pid) => pid === 222);
  expect((await readdir(work)).sort()).toEqual(['build-222-bbb', own.slice(work.length + 1), 'photos'].sort());
});
