import { crc32 } from 'node:zlib';

interface NewFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The earliest a ZIP can hold, 1 January 1980: the same files make the same bytes. */
const DOS_DATE = 0x21;
const VERSION = 20;
const UNIX = 3;
const REGULAR_FILE_MODE = 0o100600;
const UTF8_NAME = 0x800;

/** A ZIP of a few small files, uncompressed: what is signed or encrypted does not get smaller. */
export function writeZip(files: readonly NewFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const nameBytes = Buffer.from(name);
    const header = commonHeader(nameBytes, bytes);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, nameBytes, bytes]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(REGULAR_FILE_MODE * 0x10000, 6);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from([VERSION, UNIX]), header, place, nameBytes);
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

/** What the local header and the directory have in common. */
function commonHeader(name: Buffer, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(VERSION, 0);
  header.writeUInt16LE(UTF8_NAME, 2);
  header.writeUInt16LE(DOS_DATE, 8);
  header.writeUInt32LE(crc32(bytes), 10);
  header.writeUInt32LE(bytes.length, 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}
