import { PLATFORMS, type Platform } from '../domain/build.ts';
import type { Pause } from '../domain/pause.ts';
import { isAbleTo, isAvailable, type Quarantine, type Worker } from '../domain/worker.ts';
import { activeBuilds } from './active-builds.ts';
import type { BuildIndex, Clock, PauseStore } from './ports.ts';

interface Deps {
  readonly index: BuildIndex;
  readonly clock: Clock;
  readonly quarantine: Quarantine;
}

/** What is in the queue of a platform, and who is there for it. */
export interface QueueCounts {
  readonly platform: Platform;
  /** Builds that wait. */
  readonly waiting: number;
  /** There may be more of them: only so many were looked at. */
  readonly mayBeMore: boolean;
  /** Since when the one waits that has waited longest. */
  readonly oldestWaitingSince?: number;
  /** Of those that wait: those that no worker could be given that is there. */
  readonly withoutWorker: number;
  readonly running: number;
  /** Workers that could build for it: there, and kept from nothing. */
  readonly idleWorkers: number;
  readonly buildingWorkers: number;
}

export interface QueueState extends QueueCounts {
  readonly pause?: Pause;
}

/** Of both platforms together; 100 keys are a page and their records a batch. */
const MOST_WAITING = 1_000;
/** Pages of 100. */
const MOST_WORKER_PAGES = 10;
const WORKER_PAGE = 100;

/** @param counts may be some seconds old; who has just paused a platform must see that it is. */
export async function listQueues(
  counts: () => Promise<readonly QueueCounts[]>,
  pauses: PauseStore,
): Promise<readonly QueueState[]> {
  return Promise.all(
    (await counts()).map(async (counted) => {
      const { pause } = await pauses.get(counted.platform);
      return { ...counted, ...(pause && { pause }) };
    }),
  );
}

export async function countQueues({ index, clock, quarantine }: Deps): Promise<QueueCounts[]> {
  const now = clock();
  const [pending, active, workers] = await Promise.all([
    index.oldestPending(MOST_WAITING),
    activeBuilds(index),
    allWorkers(index),
  ]);
  const available = workers.filter((worker) => isAvailable(worker, now, quarantine));
  return PLATFORMS.map((platform) => {
    // The index may lag behind: the record itself says whether it waits.
    const waiting = pending.builds.filter((build) => build.platform === platform && build.state === 'pending');
    const able = available.filter(({ platforms }) => platforms.includes(platform));
    const since = waiting.reduce((oldest, { queuedAt }) => Math.min(oldest, queuedAt), Number.POSITIVE_INFINITY);
    return {
      platform,
      waiting: waiting.length,
      mayBeMore: pending.isCut,
      ...(waiting.length > 0 && { oldestWaitingSince: since }),
      withoutWorker: waiting.filter((build) => !able.some((worker) => isAbleTo(worker, build))).length,
      running: active.filter(({ build }) => build.platform === platform).length,
      idleWorkers: able.filter(({ current }) => !current).length,
      buildingWorkers: able.filter(({ current }) => current).length,
    };
  });
}

async function allWorkers(index: BuildIndex): Promise<Worker[]> {
  const workers: Worker[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_WORKER_PAGES; pages++) {
    const page = await index.workers({ limit: WORKER_PAGE, cursor });
    workers.push(...page.workers);
    if (page.next === undefined) break;
    cursor = page.next;
  }
  return workers;
}
