import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestFile, digestParts } from '../../lib/client/transfer/file-digest.ts';
import { temporaryFolder } from '../support/client-folder.ts';

it('the parts of a file that has changed since it was announced are not announced', async () => {
  const path = join(await temporaryFolder({ file: 'abcdef' }), 'file');
  const digest = await digestFile(path);
  expect((await digestParts(path, digest, 4)).sha256s).toHaveLength(2);
  await writeFile(path, 'abcdeX');
  await expect(digestParts(path, digest, 4)).rejects.toThrow(/has changed while/);
});
