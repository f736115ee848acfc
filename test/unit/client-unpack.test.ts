import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HostileArchive, safeEntryPath, UNPACK_LIMITS } from '../../lib/client/unpack/hostile-archive.ts';
import { unpackArchive } from '../../lib/client/unpack/unpack-archive.ts';
import { unpackTarGzip } from '../../lib/client/unpack/unpack-tar-gzip.ts';
import { unpackZip } from '../../lib/client/unpack/unpack-zip.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { makeTarGzip, makeZip, type TarEntry, type ZipEntry } from '../support/client-zip.ts';

async function unpackBytes(bytes: Buffer, limits?: Partial<typeof UNPACK_LIMITS>): Promise<string> {
  const folder = await temporaryFolder();
  const target = await temporaryFolder();
  await writeFile(join(folder, 'archive'), bytes);
  const isZip = bytes.toString('latin1', 0, 2) === 'PK';
  await (isZip ? unpackZip : unpackTarGzip)(join(folder, 'archive'), target, { ...UNPACK_LIMITS, ...limits });
  return target;
}
const zip = (...entries: ZipEntry[]) => unpackBytes(makeZip(entries));
const tar = (...entries: TarEntry[]) => unpackBytes(makeTarGzip(entries));

describe('a ZIP', () => {
  it('unpacks files and folders, and keeps permissions but no set-uid bit', async () => {
    const target = await zip(
      { name: 'dir/', mode: 0o040755 },
      { name: 'dir/run.sh', data: 'hi', mode: 0o104755 },
      { name: 'plain.txt', data: 'text', mode: 0 },
    );
    expect(await readFile(join(target, 'dir/run.sh'), 'utf8')).toBe('hi');
    expect((await stat(join(target, 'dir/run.sh'))).mode & 0o7777).toBe(0o755);
    expect((await stat(join(target, 'plain.txt'))).mode & 0o7777).toBe(0o644);
  });

  it.each<[string, ZipEntry[]]>([
    ['a path that climbs out', [{ name: '../evil.txt', data: 'x' }]],
    ['a path that climbs out from within', [{ name: 'a/../../evil.txt', data: 'x' }]],
    ['an absolute path', [{ name: '/evil-absolute.txt', data: 'x' }]],
    ['a drive letter', [{ name: 'C:evil.txt', data: 'x' }]],
    ['a backslash', [{ name: 'a\\..\\evil.txt', data: 'x' }]],
    ['a symbolic link', [{ name: 'link', data: '/etc/passwd', mode: 0o120777 }]],
    ['a device', [{ name: 'null', mode: 0o020666 }]],
    ['a named pipe', [{ name: 'pipe', mode: 0o010666 }]],
    [
      'the same path twice',
      [
        { name: 'a', data: '1' },
        { name: './a', data: '2' },
      ],
    ],
    [
      'a file that is also a folder',
      [
        { name: 'a', data: '1' },
        { name: 'a/b', data: '2' },
      ],
    ],
    ['a size that is a lie', [{ name: 'a', data: 'x'.repeat(5000), claimedSize: 10 }]],
  ])('is refused for %s', async (_what, entries) => {
    await expect(zip(...entries)).rejects.toThrow(HostileArchive);
  });

  it('is refused when it ends too early, or is none', async () => {
    const whole = makeZip([{ name: 'a', data: 'x'.repeat(3000) }]);
    await expect(unpackBytes(whole.subarray(0, whole.length - 30))).rejects.toThrow(HostileArchive);
    const damaged = Buffer.from(whole).fill(0xff, 40, 45);
    await expect(unpackBytes(damaged)).rejects.toThrow(HostileArchive);
    const folder = await temporaryFolder({ archive: 'just text' });
    await expect(unpackArchive(join(folder, 'archive'), folder)).rejects.toThrow('neither a ZIP nor');
  });

  it('is refused, and does not end the process, when it fails before its folders are made', async () => {
    const name = `${'d/'.repeat(60)}a`;
    const whole = makeZip([{ name, data: 'x'.repeat(3000) }]);
    const content = 30 + name.length;
    await expect(unpackBytes(whole.fill(0xff, content + 9, content + 14))).rejects.toThrow('unexpected end of file');
  });

  it('is refused as soon as its real bytes pass a limit', async () => {
    const bomb = makeZip([{ name: 'zeros', data: Buffer.alloc(1024 * 1024) }]);
    await expect(unpackBytes(bomb, { maxBytes: 100_000 })).rejects.toThrow('more than 100000 bytes');
    await expect(unpackBytes(bomb, { ratioFloorBytes: 1000 })).rejects.toThrow('more than 200 times its size');
    await expect(unpackBytes(bomb, { maxEntries: 0 })).rejects.toThrow('more than 0 entries');
    expect(await readdir(await unpackBytes(bomb))).toEqual(['zeros']);
  });
});

describe('a gzipped tar', () => {
  it('unpacks what the tar program packs, long names included', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}.txt`;
    const source = await temporaryFolder({ 'a.txt': 'a', [long]: 'long', 'sub/b.txt': 'b'.repeat(2000) });
    for (const format of ['gnu', 'pax', 'ustar']) {
      const args = ['-czf', '../t.tar.gz', `--format=${format}`, ...(format === 'ustar' ? ['a.txt', 'sub'] : ['.'])];
      const folder = await temporaryFolder({ 'x/y': '' });
      execFileSync('tar', ['-C', source, '-czf', join(folder, 't.tar.gz'), ...args.slice(2)]);
      const target = await unpackBytes(await readFile(join(folder, 't.tar.gz')));
      expect(await readFile(join(target, 'sub/b.txt'), 'utf8')).toBe('b'.repeat(2000));
      if (format !== 'ustar') expect(await readFile(join(target, long), 'utf8')).toBe('long');
    }
  });

  it.each<[string, TarEntry[]]>([
    ['a path that climbs out', [{ name: '../evil.txt', data: 'x' }]],
    ['an absolute path', [{ name: '/evil-absolute.txt', data: 'x' }]],
    ['a symbolic link', [{ name: 'link', type: '2' }]],
    ['a hard link', [{ name: 'link', type: '1' }]],
    ['a device', [{ name: 'null', type: '3' }]],
    [
      'the same path twice',
      [
        { name: 'a', data: '1' },
        { name: 'a', data: '2' },
      ],
    ],
  ])('is refused for %s', async (_what, entries) => {
    await expect(tar(...entries)).rejects.toThrow(HostileArchive);
  });

  it('is refused when it ends too early or unpacks to too much', async () => {
    const whole = makeTarGzip([{ name: 'a', data: 'x'.repeat(100_000) }]);
    await expect(unpackBytes(whole.subarray(0, whole.length - 20))).rejects.toThrow(HostileArchive);
    await expect(unpackBytes(whole, { maxBytes: 5000 })).rejects.toThrow('more than 5000 bytes');
  });
});

describe('an entry name', () => {
  it.each(['..', 'a/..', '../a', '/a', 'a\\b', 'C:/a', 'a//b', 'a/./b', '', '.', 'a\0b'])('%j is refused', (name) => {
    expect(() => safeEntryPath(name)).toThrow(HostileArchive);
  });

  it('keeps dots that are part of it', () => {
    expect(['..a', 'a..', '.env', './b/c.d', 'dir/'].map(safeEntryPath)).toEqual([
      '..a',
      'a..',
      '.env',
      'b/c.d',
      'dir',
    ]);
  });
});
