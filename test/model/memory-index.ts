import type { BuildIndex, Clock, DueBuild } from '../../lib/app/ports.ts';
import { workerState } from '../../lib/domain/worker.ts';
import type { DueKind, MemoryTable } from './memory-table.ts';

/** Small, so that whole sweeps are seen with something happening between two pages. */
const PAGE = 2;
const DAY_MS = 86_400_000;

/** The index in memory. It lags behind; what it names is then read as it is now. */
export function memoryIndex(
  table: MemoryTable,
  clock: Clock,
  lagMs: () => number,
  read: () => Promise<void>,
): BuildIndex {
  async function* due(kind: DueKind, until: number): AsyncGenerator<DueBuild[]> {
    const ids = table.dueAsOf(kind, until, lagMs());
    for (let first = 0; first < ids.length; first += PAGE) {
      await read();
      yield ids.slice(first, first + PAGE).flatMap((id) => {
        const build = table.records.get(id)?.build;
        if (!build) return [];
        return table.isUnreadable(id) ? [{ id }] : [{ id, build }];
      });
    }
  }
  const all = () => [...table.records.values()].map(({ build }) => build);
  return {
    due,
    list: async (limit) => {
      const builds = all().sort((a, b) => b.submittedAt - a.submittedAt);
      return { builds: builds.slice(0, limit) };
    },
    count: async (kind) => table.dueCount(kind),
    finishedOn: async (day) => {
      const ended = all().filter(
        ({ finishedAt }) => finishedAt !== undefined && Math.floor(finishedAt / DAY_MS) === day,
      );
      const of = (state: string) => ended.filter((build) => build.state === state);
      const times = [...of('completed'), ...of('failed')].map(({ startedAt, finishedAt = 0 }) =>
        startedAt === undefined ? 0 : finishedAt - startedAt,
      );
      const buildTimeMs = times.reduce((sum, ms) => sum + ms, 0);
      return { completed: of('completed').length, failed: of('failed').length, buildTimeMs };
    },
    onlineWorkers: async () =>
      [...table.workers.values()].filter((worker) => workerState(worker, clock()) !== 'offline').length,
  };
}
