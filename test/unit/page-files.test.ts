import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packedFor, readPageFiles } from '../../lib/runtime/page-files.ts';

const TEXT = 'x'.repeat(1_000);

describe('the files of the page', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'buildlatch-page-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function put(name: string): Promise<void> {
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(TEXT));
    await writeFile(join(folder, `${name}.gz`), gzipSync(TEXT));
  }

  it('are all read, each with its type', async () => {
    await Promise.all(['index.html', 'main-A1.js', 'style-B2.css', 'x.bin'].map(put));
    const types = [...readPageFiles(folder)].map(([name, { type }]) => [name, type]);
    expect(Object.fromEntries(types)).toEqual({
      'index.html': 'text/html; charset=utf-8',
      'main-A1.js': 'text/javascript; charset=utf-8',
      'style-B2.css': 'text/css; charset=utf-8',
      'x.bin': 'application/octet-stream',
    });
  });

  it('must be there when the function starts', async () => {
    expect(() => readPageFiles(folder)).toThrow(/no index.html in .*npm run build/);
    expect(() => readPageFiles(join(folder, 'nowhere'))).toThrow(/ENOENT/);
    await put('index.html');
    await rm(join(folder, 'index.html.br'));
    expect(() => readPageFiles(folder)).toThrow(/ENOENT/);
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.0,gzip;q=0.5', 'gzip'],
    ['GZIP', 'gzip'],
    ['br ; q=1', 'br'],
    ['brotli', undefined],
    ['gzip;q=0', undefined],
    ['identity', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('go to who accepts %s as %s', async (accepts, encoding) => {
    await put('index.html');
    const file = readPageFiles(folder).get('index.html');
    if (!file) throw new Error('it is not there');
    const sent = packedFor(accepts, file);
    expect(sent.encoding).toBe(encoding);
    if (!encoding) expect(Buffer.from(sent.bytes).toString()).toBe(TEXT);
  });
});
