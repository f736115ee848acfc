import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { accepts } from './accepts.ts';

/** The dashboard's files as they are kept: compressed once, when they are made, each in both ways. */
interface PageFile {
  readonly type: string;
  readonly br: Uint8Array;
  readonly gzip: Uint8Array;
}

interface ServedFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Absent: as it is. */
  readonly encoding?: 'br' | 'gzip';
}

export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Beside the function's bundle. */
const OWN_FOLDER = fileURLToPath(new URL('./page/', import.meta.url));

/** Reads all of them at once, while a function starts. Throws if the page is not there. */
export function readPageFiles(folder = OWN_FOLDER): PageFiles {
  const names = readdirSync(folder).filter((name) => name.endsWith('.gz'));
  const files = names.map((packed) => {
    const name = basename(packed, '.gz');
    const read = (ending: string) => readFileSync(join(folder, `${name}${ending}`));
    return [name, { type: TYPES[extname(name)] ?? 'application/octet-stream', br: read('.br'), gzip: read('.gz') }];
  });
  const found: PageFiles = new Map(files as [string, PageFile][]);
  if (!found.has('index.html')) throw new Error(`no index.html in ${folder}: \`npm run build\` makes it`);
  return found;
}

/** The smallest form that the reader takes, by its `Accept-Encoding`. */
export function packedFor(accepted: string | undefined, { type, br, gzip }: PageFile): ServedFile {
  if (accepts(accepted, 'br')) return { type, bytes: br, encoding: 'br' };
  if (accepts(accepted, 'gzip')) return { type, bytes: gzip, encoding: 'gzip' };
  return { type, bytes: gunzipSync(gzip) };
}
