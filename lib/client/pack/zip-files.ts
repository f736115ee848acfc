import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { ProjectFile } from './list-project.ts';

/** The earliest a ZIP can hold. Local time, because a ZIP holds no zone: the bytes are the same everywhere. */
const NO_TIME = new Date(1980, 0, 1);
const REGULAR_FILE = 0o100000;

export class TooLarge extends Error {
  override name = 'TooLarge';
}

/** Writes a ZIP whose bytes depend on names, modes and contents only. Stops as soon as it grows past the limit. */
export async function zipFiles(
  files: readonly ProjectFile[],
  target: string,
  maxBytes: number,
  onProgress?: (readBytes: number) => void,
): Promise<void> {
  const zip = new ZipFile();
  // What goes wrong inside the ZIP must end the pipeline below: no event of it reaches the output by itself.
  const output = Readable.from(zip.outputStream);
  const fail = (error: Error) => output.destroy(error);
  let readBytes = 0;
  const count = (chunk: string | Buffer) => {
    readBytes += chunk.length;
    onProgress?.(readBytes);
  };
  zip.on('error', fail);
  for (const file of files) {
    const options = { size: file.size, mode: REGULAR_FILE | file.mode, mtime: NO_TIME, forceDosTimestamp: true };
    zip.addReadStreamLazy(file.name, options, (start) => {
      start(null, createReadStream(file.path).on('error', fail).on('data', count));
    });
  }
  zip.end();
  let size = 0;
  const limit = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > maxBytes) throw new TooLarge(`more than ${maxBytes} bytes`);
      yield chunk;
    }
  };
  await pipeline(output, limit, createWriteStream(target, { mode: 0o600 }));
}
