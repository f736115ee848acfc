import type { BuildIndex, Clock, DueBuild } from '../../lib/app/ports.ts';
import { isOffline } from '../../lib/domain/worker.ts';
import type { DueKind, MemoryTable } from './memory-table.ts';

/** Small, so that whole sweeps are seen with something happening between two pages. */
const PAGE = 2;

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
    list: async ({ limit }) => {
      const builds = all().sort((a, b) => b.submittedAt - a.submittedAt);
      return { builds: builds.slice(0, limit) };
    },
    workers: async ({ limit }) => ({ workers: [...table.workers.values()].slice(0, limit) }),
    count: async (state) => all().filter((build) => build.state === state).length,
    finishedOn: async (_day, from, to) => {
      const ended = all().filter(({ finishedAt = -1 }) => finishedAt >= from && finishedAt <= to);
      const of = (state: string) => ended.filter((build) => build.state === state);
      const times = [...of('completed'), ...of('failed')].map(({ startedAt, finishedAt = 0 }) =>
        startedAt === undefined ? 0 : finishedAt - startedAt,
      );
      const buildTimeMs = times.reduce((sum, ms) => sum + ms, 0);
      const [completed, failed, cancelled] = ['completed', 'failed', 'cancelled'].map((state) => of(state).length);
      return { completed: completed ?? 0, failed: failed ?? 0, cancelled: cancelled ?? 0, buildTimeMs, cpuMs: 0 };
    },
    oldestPending: async (limit) => {
      const waiting = all().filter(({ state }) => state === 'pending');
      const builds = waiting.sort((a, b) => a.submittedAt - b.submittedAt);
      return { builds: builds.slice(0, limit), isCut: builds.length > limit };
    },
    lastFinished: async (_at, limit) => {
      const ended = all().filter(({ finishedAt }) => finishedAt !== undefined);
      return ended.sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0)).slice(0, limit);
    },
    onlineWorkers: async () => [...table.workers.values()].filter((worker) => !isOffline(worker, clock())).length,
  };
}
