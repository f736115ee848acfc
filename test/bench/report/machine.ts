import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Where and when something was measured: figures of a busy machine say so. */
export interface Machine {
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  /** Processes that wanted to run, on average over the minute before. */
  readonly loadBefore: number;
  /** Day, and the commit that was checked out; absent in older records. */
  readonly day?: string;
  readonly commit?: string;
}

export const describeMachine = (): Machine => ({
  node: process.versions.node,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
  day: new Date().toISOString().slice(0, 10),
  ...commitOf(),
});

/** None where this is no clone of git. */
function commitOf(): { commit?: string } {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' });
  const commit = stdout?.trim();
  return commit ? { commit } : {};
}

export const machineText = ({ node, cores, cpu, loadBefore, day, commit }: Machine) =>
  `Node ${node}, ${cores} cores (${cpu}), load ${loadBefore} before${day ? `, on ${day}` : ''}${commit ? ` at \`${commit}\`` : ''}`;
