import type { Dirent } from 'node:fs';
import { opendir, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type S3rver from '@20minutes/s3rver';

/** What lies in the store, by age. Found in its folders: s3rver lists no second page. */
export interface KeptObjects {
  /**
   * Goes through a bucket, in no order: the key of each object, or of what is left of one, that was stored before `beforeMs`;
   * undefined for every other file, so that whoever goes along may stop anywhere.
   */
  storedBefore(bucket: string, beforeMs: number): AsyncGenerator<string | undefined, void>;
  /** Removes an object unless it has been stored since `beforeMs`. Whether there was one, and we removed it. */
  remove(bucket: string, key: string, beforeMs: number): Promise<boolean>;
}

/** An object is there when its file is; these lie beside it. */
const OBJECT = /^(.+)\._S3rver_object$/;
const BESIDE = /^(.+)\._S3rver_(?:object\.md5|metadata\.json)$/;
const BESIDE_RESOURCES = ['object.md5', 'metadata.json'];

export function keptObjects(store: S3rver.Store, directory: string): KeptObjects {
  const isOlder = async (path: string, beforeMs: number) =>
    ((await stat(path).catch(ignoreMissing))?.mtimeMs ?? Number.POSITIVE_INFINITY) < beforeMs;

  async function* walk(folder: string, bucket: string, beforeMs: number): AsyncGenerator<string | undefined, void> {
    let isEmpty = true;
    for await (const entry of await opendir(folder)) {
      isEmpty = false;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* walk(path, bucket, beforeMs);
      else yield await keyOfPast(entry, bucket, beforeMs);
    }
    // Left by a process that was killed while it removed; a young one may be just about to be filled.
    if (isEmpty && (await isOlder(folder, beforeMs))) await removeEmpty(folder, bucket);
  }

  async function keyOfPast({ parentPath, name }: Dirent, bucket: string, beforeMs: number) {
    const named = OBJECT.exec(name)?.[1] ?? BESIDE.exec(name)?.[1];
    const path = join(parentPath, name);
    if (named === undefined || !(await isOlder(path, beforeMs))) return undefined;
    const key = relative(join(directory, bucket), join(parentPath, named));
    const isWhole =
      OBJECT.test(name) || !(await stat(store.getResourcePath(bucket, key, 'object')).catch(ignoreMissing));
    return isWhole ? key : undefined;
  }

  async function remove(bucket: string, key: string, beforeMs: number): Promise<boolean> {
    const object = store.getResourcePath(bucket, key, 'object');
    const found = await stat(object).catch(ignoreMissing);
    if (found && found.mtimeMs >= beforeMs) return false;
    // The object first: a kill in between leaves nothing that could be read.
    const isRemoved = found !== undefined && (await unlink(object).then(() => true, ignoreMissing)) === true;
    for (const resource of BESIDE_RESOURCES) {
      const path = store.getResourcePath(bucket, key, resource);
      if (isRemoved || (await isOlder(path, beforeMs))) await unlink(path).catch(ignoreMissing);
    }
    await removeEmpty(dirname(object), bucket);
    return isRemoved;
  }

  /** Upwards, and never what has something in it: another object may be on its way. */
  async function removeEmpty(folder: string, bucket: string): Promise<void> {
    const top = join(directory, bucket);
    for (let path = folder; path.startsWith(`${top}/`); path = dirname(path)) {
      const isRemoved = await rmdir(path).then(() => true, ignoreInUse);
      if (!isRemoved) return;
    }
  }

  return { storedBefore: (bucket, beforeMs) => walk(join(directory, bucket), bucket, beforeMs), remove };
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

function ignoreInUse(error: unknown): false {
  if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(String(codeOf(error)))) return false;
  throw error;
}
