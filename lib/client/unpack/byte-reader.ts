import { HostileArchive } from './hostile-archive.ts';

export interface ByteReader {
  /** Exactly so many bytes; undefined at a clean end. */
  take(count: number): Promise<Buffer | undefined>;
  /** The next so many bytes, in pieces. Must be read to its end before anything else is. */
  pieces(count: number): AsyncGenerator<Buffer>;
}

export function byteReader(source: AsyncIterable<Buffer>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async () => {
    const next = await chunks.next();
    if (next.done) return false;
    rest = next.value;
    return true;
  };
  async function* pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (rest.length === 0 && !(await more())) throw new HostileArchive('damaged tar: it ends too early');
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
  return {
    pieces,
    take: async (count) => {
      if (rest.length === 0 && !(await more())) return undefined;
      const taken: Buffer[] = [];
      for await (const piece of pieces(count)) taken.push(piece);
      return Buffer.concat(taken);
    },
  };
}
