import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type ByteReader, byteReader } from './byte-reader.ts';
import { writeEntry, writeFolder } from './entry-writer.ts';
import { HostileArchive, UNPACK_LIMITS, type UnpackBudget, unpackBudget } from './hostile-archive.ts';
import { BLOCK, readPaxRecords, readTarHeader, type TarHeader } from './tar-header.ts';

/** A long name or a pax header describes the next entry; more than this is an attack on memory. */
const MAX_DESCRIPTION_BYTES = 64 * 1024;

/** Unpacks into an existing, empty folder: files and folders only, as `unpackZip` does. */
export async function unpackTarGzip(path: string, target: string, limits = UNPACK_LIMITS): Promise<void> {
  const budget = unpackBudget((await stat(path)).size, limits);
  try {
    await pipeline(createReadStream(path), createGunzip(), (bytes: AsyncIterable<Buffer>) =>
      unpackEntries(byteReader(bytes), target, budget),
    );
  } catch (error) {
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isZlib ? new HostileArchive(`damaged gzip: ${error.message}`, { cause: error }) : error;
  }
}

async function unpackEntries(reader: ByteReader, target: string, budget: UnpackBudget): Promise<void> {
  let described: Partial<TarHeader> = {};
  for (;;) {
    const block = await reader.take(BLOCK);
    const plain = block && readTarHeader(block);
    if (!plain) return drain(reader, budget);
    if (plain.type === 'x' || plain.type === 'L' || plain.type === 'g') {
      const found = await readDescription(reader, plain);
      // A global header's names and sizes make no sense; git puts the commit there.
      if (plain.type !== 'g') described = { ...described, ...found };
      continue;
    }
    const header = { ...plain, ...described };
    described = {};
    await unpackEntry(reader, header, target, budget);
    await reader.take(paddingAfter(header.size));
  }
}

function paddingAfter(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

async function unpackEntry(reader: ByteReader, header: TarHeader, target: string, budget: UnpackBudget): Promise<void> {
  if (header.type === '5') {
    // `tar c .` begins with the folder itself.
    if (/^\.?\/*$/.test(header.name)) return;
    return writeFolder(target, budget.entry(header.name));
  }
  const path = budget.entry(header.name);
  if (header.type !== '0') throw new HostileArchive(`neither file nor folder: ${JSON.stringify(path)}`);
  await writeEntry(target, path, reader.pieces(header.size), header.mode, budget);
}

async function readDescription(reader: ByteReader, header: TarHeader): Promise<Partial<TarHeader>> {
  if (header.size > MAX_DESCRIPTION_BYTES) throw new HostileArchive('damaged tar: oversized header');
  const data = (await reader.take(header.size)) ?? Buffer.alloc(0);
  await reader.take(paddingAfter(header.size));
  if (header.type === 'L') return { name: data.toString('utf8').replace(/\0+$/, '') };
  const records = readPaxRecords(data);
  const name = records.get('path');
  const size = records.get('size');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw new HostileArchive('damaged tar: bad pax size');
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) };
}

/** To the end, so that gzip's checksum is verified; counted, since zeros compress well. */
async function drain(reader: ByteReader, budget: UnpackBudget): Promise<void> {
  for (let block = await reader.take(BLOCK); block; block = await reader.take(BLOCK)) budget.bytes(block.length);
}
