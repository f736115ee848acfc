import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openUpload } from '../../lib/client/cli/open-uploads.ts';
import { temporaryFolder } from '../support/client-folder.ts';

const URL = 'http://controller.test';

it('remembers an upload of one file to one controller until it is forgotten', async () => {
  const env = { XDG_CACHE_HOME: await temporaryFolder() };
  await openUpload(env, URL, 'aa').keep('upload-1');
  expect(await openUpload(env, URL, 'aa').find()).toBe('upload-1');
  expect(await openUpload(env, URL, 'bb').find()).toBeUndefined();
  expect(await openUpload(env, 'http://other.test', 'aa').find()).toBeUndefined();
  await openUpload(env, URL, 'aa').forget();
  expect(await openUpload(env, URL, 'aa').find()).toBeUndefined();
});

it('does without where nothing can be written', async () => {
  const folder = await temporaryFolder({ file: '' });
  const open = openUpload({ HOME: join(folder, 'file') }, URL, 'aa');
  await open.keep('upload-1');
  expect(await open.find()).toBeUndefined();
  await open.forget();
});

it('takes nothing for an id that is none', async () => {
  const env = { HOME: await temporaryFolder() };
  const open = openUpload(env, URL, 'aa');
  await open.keep('../x');
  expect(await open.find()).toBeUndefined();
});
