import { describe, expect, it } from 'vitest';
import type { BuildIndex } from '../../lib/app/ports.ts';
import { queuePlace } from '../../lib/app/queue-place.ts';
import type { Build } from '../../lib/domain/build.ts';
import type { Pause } from '../../lib/domain/pause.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import { memoryPauses } from '../model/memory-pauses.ts';
import { aBuild, aWorker, NOW } from '../support/builders.ts';
import { QUARANTINE } from '../support/settings.ts';

interface Seen {
  readonly waiting?: readonly Build[];
  readonly isCut?: boolean;
  readonly workers?: readonly Worker[];
  readonly finished?: readonly Build[];
  readonly pause?: Pause;
}

const build = aBuild('pending', { id: 'mine', queuedAt: NOW - 60_000 });

function placeIn({ waiting = [], isCut = false, workers = [], finished = [], pause }: Seen, of = build) {
  const index = {
    oldestPending: async () => ({ builds: waiting, isCut }),
    workers: async () => ({ workers }),
    lastFinished: async () => finished,
  } as unknown as BuildIndex;
  const pauses = memoryPauses(new Map(pause ? [['ios', { platform: 'ios', pause, past: [] }]] : []));
  return queuePlace({ index, pauses, clock: () => NOW, quarantine: QUARANTINE }, of);
}

const other = (changes: Partial<Build>) => aBuild('pending', { id: 'other', ...changes });
const earlier = { submittedAt: NOW - 70_000, queuedAt: NOW - 70_000 };
const online = (changes: Partial<Worker> = {}) => aWorker({ lastSeenAt: NOW, ...changes });
const took = (ms: number, changes: Partial<Build> = {}) =>
  aBuild('completed', { startedAt: NOW - ms, finishedAt: NOW, ...changes });

describe('what is ahead of a build', () => {
  it.each<[string, Build, number]>([
    ['is what was queued before it', other(earlier), 1],
    ['is not what was queued after it', other({ queuedAt: NOW }), 0],
    ['is not itself', build, 0],
    ['is not for another platform', other({ ...earlier, platform: 'android' }), 0],
    ['is not what has been handed out meanwhile', aBuild('building', { id: 'other', ...earlier }), 0],
    ['is not what went back to the queue after it', other({ ...earlier, queuedAt: NOW }), 0],
    ['is what has priority', other({ queuedAt: NOW, submittedAt: NOW, rank: NOW - 600_000, priority: 1 }), 1],
  ])('%s', async (_what, waiting, ahead) => {
    expect((await placeIn({ waiting: [waiting] })).ahead).toBe(ahead);
  });

  it('may be more than was looked at, unless what comes next was submitted later', async () => {
    expect((await placeIn({ waiting: [other(earlier)], isCut: true })).mayBeMore).toBe(true);
    expect((await placeIn({ waiting: [other({ submittedAt: NOW, queuedAt: NOW })], isCut: true })).mayBeMore).toBe(
      false,
    );
    expect((await placeIn({ waiting: [other(earlier)], isCut: false })).mayBeMore).toBe(false);
  });
});

describe('the workers for a build', () => {
  const holding = { current: { buildId: 'b', attempt: 1 } };
  it.each<[string, Worker, number]>([
    ['are those that are idle', online(), 1],
    ['are those that build, too', online(holding), 1],
    ['are none that is gone', aWorker({ lastSeenAt: NOW - 3_600_000 }), 0],
    ['are none for another platform', online({ platforms: ['android'] }), 0],
    ['are none without its labels', online({ labels: ['other'] }), 0],
    ['are those with its labels', online({ labels: ['xcode=26'] }), 1],
    ['are none that will take no more', online({ ...holding, labels: ['xcode=26'], isDraining: true }), 0],
  ])('%s', async (what, worker, workers) => {
    const of = what.includes('labels') ? { ...build, labels: ['xcode=26'] } : build;
    expect((await placeIn({ workers: [worker] }, of)).workers).toBe(workers);
  });
});

describe('the estimate', () => {
  const finished = [took(100_000), took(100_000), took(120_000), took(100_000), took(90_000)];
  const busy = online({ current: { buildId: 'b', attempt: 1 }, grantedAt: NOW - 40_000 });

  it('follows from how long the last builds took, from what is ahead, and from who is busy since when', async () => {
    const seen = { waiting: [other(earlier)], workers: [busy], finished };
    expect(await placeIn(seen)).toEqual({
      ahead: 1,
      mayBeMore: false,
      workers: 1,
      usualMs: 100_000,
      startsInMs: 160_000,
    });
  });

  it.each<[string, Seen]>([
    ['not enough builds have ended', { workers: [busy], finished: finished.slice(1) }],
    [
      'they were for another platform',
      { workers: [busy], finished: finished.map((one) => ({ ...one, platform: 'android' })) },
    ],
    ['they were cancelled', { workers: [busy], finished: finished.map((one) => ({ ...one, state: 'cancelled' })) }],
    ['no worker could build it', { finished }],
    ['nobody knows how many are ahead', { waiting: [other(earlier)], isCut: true, workers: [busy], finished }],
  ])('is none when %s', async (_why, seen) => {
    expect((await placeIn(seen)).startsInMs).toBeUndefined();
  });
});
