import { HostileArchive } from './hostile-archive.ts';

export const BLOCK = 512;

export interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly type: string;
}

/** One 512-byte header (POSIX ustar), or undefined for the zero block that ends an archive. */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const checked = Buffer.from(block).fill(0x20, 148, 156);
  const sum = checked.reduce((total, byte) => total + byte, 0);
  if (sum !== number(block, 148, 8)) throw new HostileArchive('damaged tar: bad header checksum');
  const isUstar = block.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const typeByte = String.fromCharCode(block[156] ?? 0);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: number(block, 124, 12),
    mode: number(block, 100, 8),
    type: typeByte === '\0' ? '0' : typeByte,
  };
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Octal text; or, where that is too short, GNU's binary form, marked by the first bit. */
function number(block: Buffer, start: number, length: number): number {
  const isBinary = ((block[start] ?? 0) & 0x80) !== 0;
  const octal = text(block, start, length).trim();
  const value = isBinary ? block.readUIntBE(start + length - 6, 6) : Number.parseInt(octal === '' ? '0' : octal, 8);
  if (!Number.isSafeInteger(value) || value < 0) throw new HostileArchive('damaged tar: bad number');
  return value;
}

/** The records of a pax header: `<length> <key>=<value>\n`. */
export function readPaxRecords(data: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, space));
    if (space === -1 || !(length > space - at) || at + length > data.length) {
      throw new HostileArchive('damaged tar: bad pax record');
    }
    const record = data.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
