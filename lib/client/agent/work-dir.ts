import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { killMarked } from './process-tree.ts';

/**
 * The folder of one build carries the process that owns it, so that agents may share a work folder. And when that began: in
 * a container every agent has the same number.
 */
const BUILD_FOLDER = /^build-(\d+)-(?:(\d+)-)?/;
const OWN_START = String(Math.round(performance.timeOrigin));

export async function makeBuildFolder(workDir: string): Promise<string> {
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(workDir, `build-${process.pid}-${OWN_START}-`));
  await chmod(folder, 0o700);
  return folder;
}

/** Sources and signing material do not stay behind, whatever the build did to its files' permissions. */
export async function removeBuildFolder(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES') throw error;
    // Package managers write-protect their caches.
    await promisify(execFile)('chmod', ['-R', 'u+rwX', folder]);
    await remove();
  });
}

/** Ends and removes what agents left behind that were killed: a build's processes outlive its agent. */
export async function removeStaleFolders(workDir: string, isAlive = isProcessAlive): Promise<void> {
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(workDir)) {
    const [, pid, start] = BUILD_FOLDER.exec(name) ?? [];
    if (pid === undefined) continue;
    const isOurs = Number(pid) === process.pid;
    if (isOurs ? start === OWN_START : isAlive(Number(pid))) continue;
    const folder = join(workDir, name);
    await killMarked(folder);
    await removeBuildFolder(folder);
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's, and alive.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
