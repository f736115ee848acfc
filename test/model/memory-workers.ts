import type { WorkerStore } from '../../lib/app/ports.ts';
import { replacedToken, type TimedBuilds, timedOf, WORKER_TOKEN_MS, type Worker } from '../../lib/domain/worker.ts';
import { holds, type MemoryTable } from './memory-table.ts';

/** Of nothing there is nothing to keep. */
export const timedPart = (timed: TimedBuilds) => (timed.builds > 0 ? { timed } : {});

/** The workers in memory, under the conditions of the real table. */
export function memoryWorkers({ workers }: MemoryTable): WorkerStore {
  const change = (id: string, isAllowed: (worker: Worker) => boolean, next: (worker: Worker) => Worker): boolean => {
    const worker = workers.get(id);
    if (!worker || !isAllowed(worker)) return false;
    workers.set(id, next(worker));
    return true;
  };
  return {
    get: async (id) => workers.get(id),
    create: async (worker) => {
      workers.set(worker.id, worker);
    },
    renew: async (seen, { name, platforms, labels, token, now }) => {
      const isRenewed = change(
        seen.id,
        ({ epoch }) => epoch === seen.epoch,
        ({ lastOutcome: _forgiven, labels: _before, ...worker }) => ({
          ...worker,
          ...(labels && { labels }),
          name,
          platforms,
          epoch: seen.epoch + 1,
          registeredAt: now,
          lastSeenAt: now,
          token,
          previousToken: replacedToken(seen, now),
          strikes: 0,
          isDraining: false,
          ...timedPart(timedOf(seen)),
        }),
      );
      return isRenewed || workers.get(seen.id)?.token.hash === token.hash;
    },
    noteSeen: async ({ id, epoch }, now) => {
      const isSame = (worker: Worker) => worker.epoch === epoch;
      const expiresAt = now + WORKER_TOKEN_MS;
      change(id, isSame, (worker) => ({ ...worker, lastSeenAt: now, token: { ...worker.token, expiresAt } }));
    },
    setDraining: async (id, isDraining) =>
      change(
        id,
        () => true,
        (worker) => ({ ...worker, isDraining }),
      ),
    pardon: async ({ id, epoch, releasedAt }) =>
      change(
        id,
        (worker) => worker.epoch === epoch && worker.releasedAt === releasedAt,
        ({ lastOutcome: _forgiven, ...worker }) => ({ ...worker, strikes: 0 }),
      ),
    remove: async ({ id, epoch }) => {
      const worker = workers.get(id);
      if (worker && worker.epoch === epoch && !worker.current) workers.delete(id);
    },
    forget: async ({ id, current }) => {
      if (!current) return;
      change(
        id,
        (worker) => holds(worker, current.buildId, current.attempt),
        ({ current: _freed, ...worker }) => worker,
      );
    },
  };
}
