import type { QueueState } from '../app/list-queues.ts';
import type { Pause, Pauses } from '../domain/pause.ts';

export function queueStateView(queue: QueueState) {
  return {
    platform: queue.platform,
    waiting: queue.waiting,
    may_be_more: queue.mayBeMore,
    oldest_waiting_since: queue.oldestWaitingSince ?? null,
    without_worker: queue.withoutWorker,
    running: queue.running,
    workers: { idle: queue.idleWorkers, building: queue.buildingWorkers },
    paused: pauseView(queue.pause),
  };
}

export const pausesView = ({ platform, pause }: Pauses) => ({ platform, paused: pauseView(pause) });

function pauseView(pause: Pause | undefined) {
  return pause ? { reason: pause.reason, since: pause.since, by: pause.by } : null;
}
