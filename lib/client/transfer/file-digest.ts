import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface FileDigest {
  readonly size: number;
  readonly sha256: string;
}

export interface PartDigests {
  readonly size: number;
  readonly sha256s: readonly string[];
}

export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** Of a file of `size` bytes, each part of `partSize` but the last. */
export async function digestParts(path: string, size: number, partSize: number): Promise<PartDigests> {
  const sha256s: string[] = [];
  for (let start = 0; start < size; start += partSize) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { start, end: Math.min(start + partSize, size) - 1 })) {
      hash.update(chunk);
    }
    sha256s.push(hash.digest('hex'));
  }
  return { size: partSize, sha256s };
}
