import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, whatever its own clock. */
const TICK_MS = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Of itself, and of children that have ended and were waited for. */
  readonly ticks: number;
  readonly endedTicks: number;
}

/** What a process and all its children have used of the processor, in ms. Linux. */
export function treeCpuMs(root: number): number {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statOf(name) ?? []) : []));
  const children = Map.groupBy(all, ({ parent }) => parent);
  const own = all.find(({ pid }) => pid === root);
  if (!own) throw new Error(`there is no process ${root}`);
  const ticksOf = (stat: Stat): number =>
    (children.get(stat.pid) ?? []).reduce((sum, child) => sum + ticksOf(child), stat.ticks + stat.endedTicks);
  return ticksOf(own) * TICK_MS;
}

/** What one process has used, without its children. */
export function processCpuMs(pid: number): number {
  const stat = statOf(String(pid));
  if (!stat) throw new Error(`there is no process ${pid}`);
  return stat.ticks * TICK_MS;
}

function statOf(pid: string): Stat | undefined {
  try {
    // The name, in brackets, may have spaces and brackets.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { pid: Number(pid), parent: fields[1] ?? 0, ticks: utime + stime, endedTicks: cutime + cstime };
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return undefined;
    throw error;
  }
}

/** By the clock on the wall and of the processor, of the tree below `pid` and of this process, while `act` runs. */
export async function cpuDuring<T>(pid: number, act: () => Promise<T>) {
  const engineBefore = treeCpuMs(pid);
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const answer = await act();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(ownBefore);
  return { answer, ms, engineCpuMs: treeCpuMs(pid) - engineBefore, clientCpuMs: (user + system) / 1000 };
}
