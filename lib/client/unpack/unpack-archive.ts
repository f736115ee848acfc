import { open } from 'node:fs/promises';
import { HostileArchive } from './hostile-archive.ts';
import { unpackTarGzip } from './unpack-tar-gzip.ts';
import { unpackZip } from './unpack-zip.ts';

/** By its first bytes: names and content types of sources are often wrong. */
export async function unpackArchive(path: string, target: string): Promise<void> {
  const start = Buffer.alloc(2);
  const file = await open(path);
  try {
    await file.read(start, 0, 2, 0);
  } finally {
    await file.close();
  }
  if (start.toString('latin1') === 'PK') return unpackZip(path, target);
  if (start[0] === 0x1f && start[1] === 0x8b) return unpackTarGzip(path, target);
  throw new HostileArchive('neither a ZIP nor a gzipped tar archive');
}
