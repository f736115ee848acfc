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

/** Of a file as it was announced, each part of `partSize` but the last. */
export async function digestParts(path: string, { size, sha256 }: FileDigest, partSize: number): Promise<PartDigests> {
  const whole = createHash('sha256');
  const sha256s: string[] = [];
  for (let start = 0; start < size; start += partSize) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { start, end: Math.min(start + partSize, size) - 1 })) {
      hash.update(chunk);
      whole.update(chunk);
    }
    sha256s.push(hash.digest('hex'));
  }
  // Its parts would make another file than the one announced, and S3 does not look at the whole.
  if (whole.digest('hex') !== sha256) throw new Error(`${path} has changed while it was being uploaded`);
  return { size: partSize, sha256s };
}
