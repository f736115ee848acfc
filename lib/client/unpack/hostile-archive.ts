import { entryNameProblem, entryPath } from '../../domain/archive-rules.ts';

/** An archive that cannot be, or must not be, unpacked. */
export class HostileArchive extends Error {
  override name = 'HostileArchive';
}

export interface UnpackLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Unpacked against packed; sources reach 10, a bomb 1,000. */
  readonly maxRatio: number;
  /** Small archives may be as dense as they like. */
  readonly ratioFloorBytes: number;
}

export const UNPACK_LIMITS: UnpackLimits = {
  maxEntries: 100_000,
  maxBytes: 10 * 1024 ** 3,
  maxRatio: 200,
  ratioFloorBytes: 100 * 1024 ** 2,
};

export interface UnpackBudget {
  /** Answers the entry's path relative to the target folder, or throws. */
  entry(name: string): string;
  /** Counts bytes as they come out: what an archive says about its sizes is not believed. */
  bytes(count: number): void;
}

export function unpackBudget(archiveBytes: number, limits: UnpackLimits): UnpackBudget {
  const seen = new Set<string>();
  const maxByRatio = Math.max(limits.ratioFloorBytes, archiveBytes * limits.maxRatio);
  let total = 0;
  let entries = 0;
  return {
    entry(name) {
      entries += 1;
      if (entries > limits.maxEntries) throw new HostileArchive(`more than ${limits.maxEntries} entries`);
      const path = safeEntryPath(name);
      if (seen.has(path)) throw new HostileArchive(`two entries named ${JSON.stringify(path)}`);
      seen.add(path);
      return path;
    },
    bytes(count) {
      total += count;
      if (total > limits.maxBytes) throw new HostileArchive(`unpacks to more than ${limits.maxBytes} bytes`);
      if (total > maxByRatio) throw new HostileArchive(`unpacks to more than ${limits.maxRatio} times its size`);
    },
  };
}

/** A name that stays inside the folder it is unpacked into. */
export function safeEntryPath(name: string): string {
  const problem = entryNameProblem(name);
  if (problem !== undefined) throw new HostileArchive(`${problem}: ${JSON.stringify(name)}`);
  return entryPath(name);
}
