import type { Build } from '../domain/build.ts';
import { linkTo } from './deliver.ts';
import { resultOf } from './download-result.ts';
import { sourceOf } from './download-source.ts';
import type { FileStore } from './file-ports.ts';
import type { OwnFile } from './own-file.ts';

export type FileLink = Pick<OwnFile, 'file' | 'filename'> & { readonly url: string };

/**
 * Where a file of a build can be fetched without a credential, for some minutes. For pages: a browser saves a file from
 * an address, to which a page can add no header, and a redirect's target is hidden from the page.
 */
export async function linkFile(files: FileStore, build: Build, which: 'result' | 'source'): Promise<FileLink> {
  const own = which === 'result' ? resultOf(build) : sourceOf(build);
  const url = await linkTo(files, own);
  if (url === undefined) throw own.missing;
  return { file: own.file, filename: own.filename, url };
}
