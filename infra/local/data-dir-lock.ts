import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Two controllers on one directory would write the same files. */
export class DataDirInUse extends Error {
  override name = 'DataDirInUse';
}

const SQLITE_BUSY = 5;

/**
 * Takes the directory for this process. SQLite's exclusive lock is the operating system's: it ends with the process,
 * however that dies, so there is no stale lock to judge and no moment in which two could take one over. The pid beside it
 * is only for the message.
 */
export function lockDataDir(dataDir: string): () => void {
  const pidFile = join(dataDir, 'controller.pid');
  const lock = new DatabaseSync(join(dataDir, 'controller.lock'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new DataDirInUse(`${dataDir} is in use by another running controller${holder(pidFile)}`, { cause: error });
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return () => lock.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function holder(pidFile: string): string {
  try {
    return ` (pid ${readFileSync(pidFile, 'utf8').trim()})`;
  } catch (error) {
    // The holder locks first and writes its pid a moment later.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
