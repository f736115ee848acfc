import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { describeError, logLine } from './log-line.ts';

/** Keys, sources and signing material are in it: it is its owner's alone, one of an older version too. */
export function openDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if ((statSync(dataDir).mode & 0o077) === 0) return;
  try {
    chmodSync(dataDir, 0o700);
  } catch (error) {
    // A mounted volume may be another user's, who alone can close it.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
    logLine('warn', 'data_dir_open_to_others', { dataDir, error: describeError(error) });
  }
}
