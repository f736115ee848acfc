import { readFile, writeFile } from 'node:fs/promises';
import { bundleAction } from './bundle.ts';

/**
 * GitHub runs an action from the files of its repository at a tag, and installs nothing: the bundle has to be there. A composite
 * action could make it first, but has no end of the job, in which a build is cancelled that nobody waits for any more.
 */
const FILE = new URL('../action.mjs', import.meta.url);

export const checkedInAction = () => readFile(FILE, 'utf8');

if (import.meta.main) {
  const text = await bundleAction();
  await writeFile(FILE, text);
  console.log(`action.mjs: ${Math.round(text.length / 1024)} KiB`);
}
