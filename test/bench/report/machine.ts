import { availableParallelism, cpus, loadavg } from 'node:os';

/** Where and when something was measured: figures of a busy machine say so. */
export interface Machine {
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  /** Processes that wanted to run, on average over the minute before. */
  readonly loadBefore: number;
}

export const describeMachine = (): Machine => ({
  node: process.versions.node,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
});

export const machineText = ({ node, cores, cpu, loadBefore }: Machine) =>
  `Node ${node}, ${cores} cores (${cpu}), load ${loadBefore} before`;
