import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A process that cannot outlive this one. Its last words are on `stderr`. */
export type Guarded = ChildProcessByStdio<Writable, null, Readable>;

/** On SIGTERM the database folds its write-ahead log into its file. Being killed instead costs no data, only the next start's time. */
const STOPPED_WITHIN_MS = 5_000;

/**
 * The process lives as long as our end of the pipe: whatever kills us, even SIGKILL, closes it, and the guard then ends
 * the process. `read` is the shell's own, so that nothing is left to kill but the process. What it writes is for its user only.
 */
const GUARD = `
umask 077
exec 3<&0
"$@" 3<&- & guarded=$!
( while read -r _; do :; done; kill -TERM "$guarded" ) <&3 2>/dev/null & watch=$!
exec 3<&-
wait "$guarded"; status=$?
kill "$watch" 2>/dev/null
exit "$status"
`;

export function spawnGuarded(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Guarded {
  // Its own process group: Ctrl-C in a terminal must reach us alone, so that open requests still find it.
  return spawn('/bin/sh', ['-c', GUARD, 'guard', ...command], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    env,
  });
}

export function stopGuarded(guard: Guarded): Promise<void> {
  return new Promise((resolve) => {
    if (guard.pid === undefined || guard.exitCode !== null || guard.signalCode !== null) return resolve();
    const killAll = () => guard.pid !== undefined && process.kill(-guard.pid, 'SIGKILL');
    const timer = setTimeout(killAll, STOPPED_WITHIN_MS);
    guard.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    guard.stdin.end();
  });
}
