import { crc32, inflateRawSync } from 'node:zlib';
import { entryNameProblem, entryPath } from '../domain/archive-rules.ts';
import { Rejection } from '../domain/rejection.ts';

export interface ZipFile {
  /** Relative, with `/`, without `..`. */
  readonly path: string;
  readonly bytes: Buffer;
}

export interface ZipLimits {
  readonly maxEntries: number;
  /** Of all entries together, unpacked. */
  readonly maxBytes: number;
  /** Unpacked against packed. */
  readonly maxRatio: number;
  /** Small archives may be as dense as they like. */
  readonly ratioFloorBytes: number;
}

const END = { signature: 0x06054b50, bytes: 22, maxComment: 0xffff };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
/** Bit 0: encrypted; 6: strongly; 13: with its headers hidden. */
const ENCRYPTED = 0b10_0000_0100_0001;
const FILE_TYPE = 0o170000;
const PLAIN_TYPES = [0, 0o100000, 0o040000];

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly type: number;
  readonly offset: number;
}

/**
 * The files of a small ZIP that is in memory already. Every entry is unpacked and checked, wanted or not: a ZIP that is
 * damaged, lies about its sizes or tries to get out of its folder is refused as a whole (`invalid_certs`).
 */
export function readZip(zip: Buffer, limits: ZipLimits): ZipFile[] {
  try {
    return filesOf(zip, limits);
  } catch (error) {
    // A read past the end, or what zlib finds wrong.
    if (!(error instanceof RangeError) && !isFromZlib(error)) throw error;
    throw new Rejection('invalid_certs', 'Certs file refused: the ZIP is damaged', { cause: error });
  }
}

function filesOf(zip: Buffer, limits: ZipLimits): ZipFile[] {
  const { entries, end } = directoryOf(zip, limits.maxEntries);
  refuseDuplicates(entries);
  refuseTooMuch(entries, zip.length, limits);
  const places = entries.map((entry) => placeOf(zip, entry, end)).sort((a, b) => a.from - b.from);
  // Entries that share their packed bytes are how a small file becomes a huge one.
  if (places.some(({ from }, index) => from < (places[index - 1]?.to ?? 0))) throw refusal('entries overlap');
  return places
    .filter(({ entry }) => !entry.name.endsWith('/'))
    .map(({ entry, data }) => ({ path: entryPath(entry.name), bytes: unpacked(entry, data) }));
}

function directoryOf(zip: Buffer, maxEntries: number): { entries: Entry[]; end: number } {
  const at = endRecordOf(zip);
  const count = zip.readUInt16LE(at + 10);
  const size = zip.readUInt32LE(at + 12);
  const start = zip.readUInt32LE(at + 16);
  const isWhole = zip.readUInt32LE(at + 4) === 0 && zip.readUInt16LE(at + 8) === count;
  if (!isWhole || start + size > at) throw refusal('the ZIP is damaged');
  if (count > maxEntries) throw refusal(`more than ${maxEntries} entries`);
  const entries: Entry[] = [];
  for (let next = start; entries.length < count; ) {
    if (next + CENTRAL.bytes > start + size || zip.readUInt32LE(next) !== CENTRAL.signature) {
      throw refusal('the ZIP is damaged');
    }
    entries.push(entryAt(zip, next));
    next += CENTRAL.bytes + zip.readUInt16LE(next + 28) + zip.readUInt16LE(next + 30) + zip.readUInt16LE(next + 32);
  }
  return { entries, end: start };
}

/** The last record of the file; its own length must lead to the file's end, else it is a piece of something else. */
function endRecordOf(zip: Buffer): number {
  const first = Math.max(0, zip.length - END.bytes - END.maxComment);
  for (let at = zip.length - END.bytes; at >= first; at--) {
    const isEnd = zip.readUInt32LE(at) === END.signature;
    if (isEnd && at + END.bytes + zip.readUInt16LE(at + 20) === zip.length) return at;
  }
  throw refusal('the ZIP is damaged');
}

function entryAt(zip: Buffer, at: number): Entry {
  const entry = {
    name: zip.toString('utf8', at + CENTRAL.bytes, at + CENTRAL.bytes + zip.readUInt16LE(at + 28)),
    flags: zip.readUInt16LE(at + 8),
    method: zip.readUInt16LE(at + 10),
    checksum: zip.readUInt32LE(at + 16),
    packedBytes: zip.readUInt32LE(at + 20),
    bytes: zip.readUInt32LE(at + 24),
    type: (zip.readUInt32LE(at + 38) >>> 16) & FILE_TYPE,
    offset: zip.readUInt32LE(at + 42),
  };
  const problem = entryNameProblem(entry.name);
  if (problem !== undefined) throw refusal(problem);
  if (!PLAIN_TYPES.includes(entry.type)) throw refusal(`${shown(entry)} is neither a file nor a folder`);
  if ((entry.flags & ENCRYPTED) !== 0) throw refusal(`${shown(entry)} is encrypted`);
  return entry;
}

/** Compared without case: on the workers' file systems they are one file. */
function refuseDuplicates(entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const path = entryPath(entry.name).toLowerCase();
    if (seen.has(path)) throw refusal(`two entries named ${shown(entry)}`);
    seen.add(path);
  }
}

/** By what the entries say; none is then let grow beyond what it said. */
function refuseTooMuch(entries: readonly Entry[], zipBytes: number, limits: ZipLimits): void {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > limits.maxBytes) throw refusal(`unpacks to more than ${limits.maxBytes} bytes`);
  if (total > Math.max(limits.ratioFloorBytes, zipBytes * limits.maxRatio)) {
    throw refusal(`unpacks to more than ${limits.maxRatio} times its size`);
  }
}

/** Where an entry lies, from its local header to the end of its data. */
function placeOf(zip: Buffer, entry: Entry, end: number) {
  const from = entry.offset;
  if (from + LOCAL.bytes > end || zip.readUInt32LE(from) !== LOCAL.signature) throw refusal('the ZIP is damaged');
  const nameEnd = from + LOCAL.bytes + zip.readUInt16LE(from + 26);
  if (zip.toString('utf8', from + LOCAL.bytes, nameEnd) !== entry.name) throw refusal(`${shown(entry)} has two names`);
  const start = nameEnd + zip.readUInt16LE(from + 28);
  const to = start + entry.packedBytes;
  if (to > end) throw refusal('the ZIP is damaged');
  return { entry, from, to, data: zip.subarray(start, to) };
}

function unpacked(entry: Entry, data: Buffer): Buffer {
  const bytes = inflated(entry, data);
  if (bytes.length !== entry.bytes || crc32(bytes) !== entry.checksum) {
    throw refusal(`${shown(entry)} differs from its checksum`);
  }
  return bytes;
}

function inflated(entry: Entry, data: Buffer): Buffer {
  if (entry.method === 0) return data;
  if (entry.method !== 8) throw refusal(`${shown(entry)} has an unknown compression`);
  // zlib takes no limit of 0.
  return inflateRawSync(data, { maxOutputLength: Math.max(1, entry.bytes) });
}

function isFromZlib(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

/** Names come from strangers and may be long. */
const shown = ({ name }: Entry) => JSON.stringify(name.slice(0, 100).toWellFormed());

function refusal(why: string): Rejection {
  return new Rejection('invalid_certs', `Certs file refused: ${why}`);
}
