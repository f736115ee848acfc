import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

/** What was said when an upload in parts began. */
export interface BegunUpload {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PartFile {
  readonly number: number;
  readonly size: number;
  /** In hex. */
  readonly md5: string;
  readonly sha256: string | undefined;
  readonly path: string;
  readonly storedAtMs: number;
}

interface Sums {
  readonly md5: Buffer;
  readonly sha256: Buffer | undefined;
}

export type PartFiles = ReturnType<typeof partFiles>;

const Begun = z.object({ bucket: z.string(), key: z.string(), headers: z.record(z.string(), z.string()) });
const DESCRIPTION = 'upload.json';
/** A part's checksums are in its name, so that one rename makes it appear with all that is known of it. */
const PART_NAME = /^(\d{1,5})\.([0-9a-f]{32})\.([0-9a-f]{64}|none)$/;

/** The parts of unfinished uploads, each upload a folder: they outlive a restart. */
export function partFiles(directory: string) {
  const folderOf = (id: string) => join(directory, id);

  async function list(id: string): Promise<PartFile[]> {
    const parts = new Map<number, PartFile>();
    for (const name of await readdir(folderOf(id))) {
      const part = await readPart(join(folderOf(id), name), name);
      // Two of one number: the process was killed before the older one was removed.
      if (part && part.storedAtMs >= (parts.get(part.number)?.storedAtMs ?? 0)) parts.set(part.number, part);
    }
    return [...parts.values()].sort((a, b) => a.number - b.number);
  }

  /** The ids of the uploads that began before. */
  async function* begunBefore(ms: number): AsyncGenerator<string, void> {
    for (const id of await readdir(directory)) {
      const described = await stat(join(folderOf(id), DESCRIPTION)).catch(ignoreMissing);
      // Without a description: begun this very moment, or left so by a process that was killed.
      const begun = described ?? (await stat(folderOf(id)).catch(ignoreMissing));
      if (begun && begun.mtimeMs < ms) yield id;
    }
  }

  return {
    list,

    async begin(upload: BegunUpload): Promise<string> {
      const id = randomBytes(16).toString('hex');
      await mkdir(folderOf(id), { recursive: true });
      await writeFile(join(folderOf(id), DESCRIPTION), JSON.stringify(upload));
      return id;
    },

    /** Undefined when there is none of this id: it was finished, given up, or never begun. */
    async find(id: string): Promise<BegunUpload | undefined> {
      // It becomes part of a path.
      if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
      const text = await readFile(join(folderOf(id), DESCRIPTION), 'utf8').catch(ignoreMissing);
      return text === undefined ? undefined : Begun.parse(JSON.parse(text));
    },

    /** Makes a received file the part of this number. False when the upload has ended meanwhile. */
    async keep(id: string, number: number, received: string, { md5, sha256 }: Sums): Promise<boolean> {
      const name = `${number}.${md5.toString('hex')}.${sha256?.toString('hex') ?? 'none'}`;
      const isThere = await rename(received, join(folderOf(id), name)).then(() => true, ignoreMissing);
      if (!isThere) return false;
      const older = (await readdir(folderOf(id))).filter((other) => other.startsWith(`${number}.`) && other !== name);
      await Promise.all(older.map((other) => rm(join(folderOf(id), other), { force: true })));
      return true;
    },

    remove: (id: string) => rm(folderOf(id), { recursive: true, force: true }),

    begunBefore,
  };
}

async function readPart(path: string, name: string): Promise<PartFile | undefined> {
  const [, number, md5, sha256] = PART_NAME.exec(name) ?? [];
  if (number === undefined || md5 === undefined) return undefined;
  const stats = await stat(path).catch(ignoreMissing);
  return (
    stats && {
      number: Number(number),
      size: stats.size,
      md5,
      sha256: sha256 === 'none' ? undefined : sha256,
      path,
      storedAtMs: stats.mtimeMs,
    }
  );
}

/** As S3 makes them: the digest of the parts' digests, and how many they are. */
export function compositeOf(algorithm: 'md5' | 'sha256', digests: readonly string[]): string {
  const hash = createHash(algorithm);
  for (const digest of digests) hash.update(Buffer.from(digest, 'hex'));
  return `${hash.digest(algorithm === 'md5' ? 'hex' : 'base64')}-${digests.length}`;
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
