import type { StoredFile } from '../domain/build.ts';
import type { FileKind, FileStore } from './file-ports.ts';

export type Delivery =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly filename: string; readonly contentType: string }
  | { readonly kind: 'link'; readonly url: string };

/** 4 MiB: base64 makes 5.4 MB of it, and a Lambda answers at most 6 MB. Above, the caller is sent to the file itself. */
const MAX_INLINE_BYTES = 4 * 1024 * 1024;

/** A stored file, and as what it is given away. */
export interface GivenFile {
  readonly kind: FileKind;
  readonly file: StoredFile;
  /** The name to save it under. */
  readonly filename: string;
  readonly contentType: string;
}

/** Undefined when the file is not there any more. */
export async function deliver(files: FileStore, given: GivenFile): Promise<Delivery | undefined> {
  const { kind, file, filename, contentType } = given;
  if (file.size <= MAX_INLINE_BYTES) {
    const bytes = await files.read(kind, file.key);
    return bytes && { kind: 'bytes', bytes, filename, contentType };
  }
  const url = await linkTo(files, given);
  return url === undefined ? undefined : { kind: 'link', url };
}

/** Undefined when the file is not there any more. */
export async function linkTo(files: FileStore, given: GivenFile): Promise<string | undefined> {
  const { kind, file, filename, contentType } = given;
  return (await files.find(kind, file.key)) ? files.link(kind, file.key, filename, contentType) : undefined;
}
