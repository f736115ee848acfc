import { atOnce } from '../peers/peer.ts';
import { treeCpuMs } from '../report/process-cpu.ts';
import { fail, poll, submitMany } from './client.ts';
import { onStage } from './stage.ts';

export interface Backlog {
  readonly builds: number;
  readonly workers: number;
  readonly submitsPerSecond: number;
  /** Grants a second of each tenth of the backlog, in the order in which it was given out; each with the end of its build. */
  readonly tenths: readonly number[];
  /** Of controller and database for a grant, in ms, by tenth: what else the machine does hardly shows in it. */
  readonly cpuMs: readonly number[];
  /** The last tenth against the first. */
  readonly ratio: number;
}

const WORKERS = 8;
const SUBMITTERS = 16;
const TENTHS = 10;

/** So many builds wait before the first worker comes. */
export const measureBacklog = (builds: number): Promise<Backlog> =>
  onStage(async ({ controller: { http, pid } }) => {
    const submitsPerSecond = await submitMany(http, builds, SUBMITTERS);
    const workers = await atOnce(WORKERS, (index) => http.register(`worker ${index}`));
    const size = builds / TENTHS;
    const startedAt = performance.now();
    const at: number[] = [];
    const cpuAt = [treeCpuMs(pid)];
    await Promise.all(
      workers.map(async (worker) => {
        while (at.length < builds) {
          const { job } = await poll(http, worker);
          if (!job) continue;
          at.push(performance.now() - startedAt);
          if (at.length % size === 0) cpuAt.push(treeCpuMs(pid));
          await fail(http, worker, job.id);
        }
      }),
    );
    const tenths = Array.from({ length: TENTHS }, (_, tenth) => {
      const [from, to] = [tenth === 0 ? 0 : (at[tenth * size - 1] ?? 0), at[(tenth + 1) * size - 1] ?? 0];
      return (1000 * size) / (to - from);
    });
    const cpuMs = tenths.map((_, tenth) => ((cpuAt[tenth + 1] ?? 0) - (cpuAt[tenth] ?? 0)) / size);
    const ratio = (tenths.at(-1) ?? 0) / (tenths[0] ?? 1);
    return { builds, workers: WORKERS, submitsPerSecond, tenths, cpuMs, ratio };
  });
