import type { Build } from '../domain/build.ts';
import type { Pause } from '../domain/pause.ts';
import { startsInMs, typicalMs } from '../domain/wait-estimate.ts';
import { isAbleTo, isAvailable, type Quarantine } from '../domain/worker.ts';
import type { BuildIndex, Clock, PauseStore } from './ports.ts';

interface Deps {
  readonly index: BuildIndex;
  readonly pauses: PauseStore;
  readonly clock: Clock;
  readonly quarantine: Quarantine;
}

/** Where a waiting build stands. */
export interface QueuePlace {
  /** Builds for its platform that go before it. */
  readonly ahead: number;
  /** There may be more of them: only so many were looked at. */
  readonly mayBeMore: boolean;
  /** Workers that could build it, busy ones included. */
  readonly workers: number;
  /** How long builds for its platform take, if enough have ended today to tell. */
  readonly usualMs?: number;
  /** When it will be its turn, if that follows from the rest: not while its platform is paused. */
  readonly startsInMs?: number;
  readonly pause?: Pause;
}

/** Each a page of its index and one batch of reads, however many builds there are. */
const MOST_WAITING = 100;
const MOST_WORKERS = 100;
const MOST_FINISHED = 30;

export async function queuePlace({ index, pauses, clock, quarantine }: Deps, build: Build): Promise<QueuePlace> {
  const now = clock();
  const [waiting, listed, finished, { pause }] = await Promise.all([
    index.oldestPending(MOST_WAITING),
    index.workers({ limit: MOST_WORKERS }),
    index.lastFinished(now, MOST_FINISHED),
    pauses.get(build.platform),
  ]);
  const before = waiting.builds.filter((other) => other.platform === build.platform && isBefore(other, build));
  const last = waiting.builds.at(-1);
  // Behind those that were submitted later only priority could still put somebody before it.
  const mayBeMore = waiting.isCut && last !== undefined && last.submittedAt <= placeOf(build);
  const able = listed.workers.filter((worker) => isAbleTo(worker, build) && isAvailable(worker, now, quarantine));
  const usualMs = typicalMs(durationsOf(finished, build));
  const seen = { ahead: before.length, mayBeMore, workers: able.length };
  const place = { ...seen, ...(usualMs !== undefined && { usualMs }), ...(pause && { pause }) };
  if (usualMs === undefined || mayBeMore || pause) return place;
  const busy = able.map(({ current, grantedAt }) => (current ? { busyForMs: now - (grantedAt ?? now) } : {}));
  const startMs = startsInMs(before.length, busy, usualMs);
  return { ...place, ...(startMs !== undefined && { startsInMs: startMs }) };
}

/** A build that went back waits behind those that came meanwhile, unless its rank says otherwise. */
const placeOf = ({ rank, queuedAt }: Build) => rank ?? queuedAt;

function isBefore(other: Build, build: Build): boolean {
  // The index may lag behind: the record itself says whether it waits.
  return other.id !== build.id && other.state === 'pending' && placeOf(other) < placeOf(build);
}

/** A cancelled build says nothing of how long one takes. */
function durationsOf(finished: readonly Build[], { platform }: Build): number[] {
  return finished.flatMap(({ platform: other, state, startedAt, finishedAt }) => {
    const isOne = other === platform && (state === 'completed' || state === 'failed');
    return isOne && startedAt !== undefined && finishedAt !== undefined ? [finishedAt - startedAt] : [];
  });
}
