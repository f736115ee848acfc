import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { writeEntry, writeFolder } from './entry-writer.ts';
import { HostileArchive, UNPACK_LIMITS, type UnpackBudget, unpackBudget } from './hostile-archive.ts';

const FILE_TYPE = 0o170000;
const REGULAR_FILE = 0o100000;
const DIRECTORY = 0o040000;
const STORED = 0;
const DEFLATED = 8;

/** Unpacks into an existing, empty folder. Throws `HostileArchive` for what is damaged, dangerous or far too big. */
export async function unpackZip(path: string, target: string, limits = UNPACK_LIMITS): Promise<void> {
  const { size } = await stat(path);
  const zip = await openPromise(path, { lazyEntries: true, strictFileNames: true }).catch(asHostile);
  const budget = unpackBudget(size, limits);
  try {
    for await (const entry of zip.eachEntry()) await unpackEntry(zip, entry, target, budget);
  } catch (error) {
    return asHostile(error);
  } finally {
    zip.close();
  }
}

async function unpackEntry(zip: ZipFile, entry: Entry, target: string, budget: UnpackBudget): Promise<void> {
  const path = budget.entry(entry.fileName);
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & FILE_TYPE;
  if (type !== 0 && type !== REGULAR_FILE && type !== DIRECTORY) {
    throw new HostileArchive(`neither file nor folder: ${JSON.stringify(path)}`);
  }
  if (entry.fileName.endsWith('/')) return writeFolder(target, path);
  if (entry.isEncrypted()) throw new HostileArchive(`encrypted: ${JSON.stringify(path)}`);
  // Inflated here and not by yauzl, whose stream may fail once more after it was given up, which ends the process.
  const packed = await zip.openReadStreamPromise(entry, { decodeFileData: false });
  const content = checked(entry, entry.compressionMethod === STORED ? packed : inflated(entry, packed));
  await writeEntry(target, path, content, mode & 0o777, budget);
}

function inflated(entry: Entry, packed: Readable): Readable {
  if (entry.compressionMethod !== DEFLATED) {
    throw new HostileArchive(`unknown compression ${entry.compressionMethod}: ${JSON.stringify(entry.fileName)}`);
  }
  const inflate = createInflateRaw();
  // What fails before it is read has no listener of the reader's yet, and would end the process. It is not lost: whoever
  // reads a stream that has failed is told so.
  inflate.on('error', () => undefined);
  pipeline(packed, inflate, () => undefined);
  return inflate;
}

async function* checked(entry: Entry, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  let checksum = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > entry.uncompressedSize) break;
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize || checksum !== entry.crc32) {
    throw new HostileArchive(`content differs from its checksum: ${JSON.stringify(entry.fileName)}`);
  }
}

/** What yauzl and zlib find wrong is wrong with the archive; what the system reports is not. */
function asHostile(error: unknown): never {
  if (error instanceof HostileArchive || !(error instanceof Error)) throw error;
  if ('syscall' in error) throw error;
  throw new HostileArchive(`damaged ZIP: ${error.message}`, { cause: error });
}
