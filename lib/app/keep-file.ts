import type { StoredFile } from '../domain/build.ts';
import type { FileKind, FileStore, ReceivedFile } from './file-ports.ts';

/** A file that came with a request: its bytes, or what was stored of it on its way. */
export type SentFile = { readonly bytes: Uint8Array; readonly sha256: string } | ReceivedFile;

/** Stores it under the key, whole or not at all. */
export async function keepFile(files: FileStore, kind: FileKind, key: string, file: SentFile): Promise<StoredFile> {
  const { sha256 } = file;
  if ('bytes' in file) await files.put(kind, key, file.bytes, sha256);
  else await files.adopt(kind, key, file);
  return { key, size: 'bytes' in file ? file.bytes.length : file.size, sha256 };
}
