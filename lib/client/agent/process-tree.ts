import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** In the environment of everything that a build starts, unless it takes care to remove it. */
export const MARKER = 'BUILDLATCH_WORKSPACE';

/** A build that forks as fast as it is killed is not waited for without end. */
const MAX_ROUNDS = 20;

/**
 * Ends what still runs of a build, whether or not it has left the build's process group and session (`setsid`, daemons):
 * whatever carries the build's workspace in its environment. Out of reach is what has emptied its environment, and what
 * runs as another user.
 */
export async function killMarked(workspace: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pids = await markedProcesses(workspace);
    if (pids.length === 0) return;
    for (const pid of pids) signalTo(pid, 'SIGKILL');
  }
}

export async function signalMarked(workspace: string, name: NodeJS.Signals): Promise<void> {
  for (const pid of await markedProcesses(workspace)) signalTo(pid, name);
}

/** Negative: the whole group. */
export function signalTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // ESRCH: nobody is left. EPERM is how macOS says that only zombies are.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function markedProcesses(workspace: string): Promise<number[]> {
  return process.platform === 'linux' ? markedInProc(workspace) : markedByPs(workspace);
}

async function markedInProc(workspace: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(ignoreGone)),
  );
  const wanted = `${MARKER}=${Buffer.from(workspace).toString('latin1')}`;
  // A zombie's environment is empty.
  return pids.filter((_pid, index) => environments[index]?.split('\0').includes(wanted)).map(Number);
}

/** Ended in the meantime, or not ours to read. */
function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code ?? '')) throw error;
  return undefined;
}

/** macOS has no /proc; its `ps` shows the environment of one's own processes behind the command. */
async function markedByPs(workspace: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axwwE', '-o', 'pid=,command='], { maxBuffer: 64 * 1024 ** 2 });
  return markedIn(stdout, workspace).filter((pid) => pid !== process.pid);
}

/** Lines of a process's number, its command and its environment, without a mark between the two. */
export function markedIn(listed: string, workspace: string): number[] {
  const lines = listed.split('\n').filter((line) => `${line} `.includes(` ${MARKER}=${workspace} `));
  return lines.map((line) => Number.parseInt(line, 10));
}
