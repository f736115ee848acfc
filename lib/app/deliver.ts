import type { StoredFile } from '../domain/build.ts';
import type { FileKind, FileStore } from './file-ports.ts';

export type Delivery =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly filename: string; readonly contentType: string }
  | { readonly kind: 'link'; readonly url: string };

/** 4 MiB: base64 makes 5.4 MB of it, and a Lambda answers at most 6 MB. Above, the caller is sent to the file itself. */
const MAX_INLINE_BYTES = 4 * 1024 * 1024;

/** Undefined when the file is not there any more. */
export async function deliver(
  files: FileStore,
  kind: FileKind,
  file: StoredFile,
  filename: string,
  contentType: string,
): Promise<Delivery | undefined> {
  if (file.size <= MAX_INLINE_BYTES) {
    const bytes = await files.read(kind, file.key);
    return bytes && { kind: 'bytes', bytes, filename, contentType };
  }
  if (!(await files.find(kind, file.key))) return undefined;
  return { kind: 'link', url: await files.link(kind, file.key, filename, contentType) };
}
