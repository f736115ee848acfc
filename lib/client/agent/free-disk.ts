import { mkdir, statfs } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Emit } from './events.ts';

/** What this user may still write below the folder. */
export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytes: FreeBytes = async (folder) => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

export interface DiskDeps {
  readonly workDir: string;
  readonly minFreeBytes: number;
  readonly freeBytes: FreeBytes;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** Somebody has to make room; that it was made need not be known at once. */
const LOOK_AGAIN_MS = 30_000;

/** A build on a full disk fails for no fault of its own: none is asked for until there is room. */
export async function waitForDisk(deps: DiskDeps, signal: AbortSignal): Promise<void> {
  const { workDir, minFreeBytes, clock, emit } = deps;
  for (let isMentioned = false; minFreeBytes > 0; isMentioned = true) {
    const free = await deps.freeBytes(workDir);
    if (free >= minFreeBytes) return;
    if (!isMentioned) emit({ event: 'disk_low', folder: workDir, free_bytes: free, needed_bytes: minFreeBytes });
    await clock.wait(LOOK_AGAIN_MS, signal);
  }
}
