import { StringDecoder } from 'node:string_decoder';

/** Longer lines (minified code, base64) are cut here, into several. */
export const MAX_LINE_BYTES = 8 * 1024;

export interface OutputLines {
  push(chunk: Buffer): void;
  /** The last line may lack its end. */
  end(): void;
}

/**
 * Cuts a byte stream into lines. Characters and line ends may be split across chunks. A carriage return ends a line, too:
 * progress bars then show up as lines instead of growing for ever.
 */
export function splitLines(onLine: (line: string) => void): OutputLines {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const accept = (text: string) => {
    rest += text;
    // A CR at the very end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) for (const piece of cutLine(line)) onLine(piece);
    if (Buffer.byteLength(rest) <= MAX_LINE_BYTES) return;
    const pieces = cutLine(rest);
    rest = pieces.pop() ?? '';
    for (const piece of pieces) onLine(piece);
  };
  return {
    push: (chunk) => accept(decoder.write(chunk)),
    end: () => {
      accept(decoder.end());
      const last = rest.replace(/\r$/, '');
      rest = '';
      if (last !== '') onLine(last);
    },
  };
}

function cutLine(line: string): string[] {
  if (line.length <= MAX_LINE_BYTES / 3 || Buffer.byteLength(line) <= MAX_LINE_BYTES) return [line];
  const bytes = Buffer.from(line);
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(start + MAX_LINE_BYTES, bytes.length);
    // Back to the start of a character: continuation bytes are 10xxxxxx.
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return pieces;
}
