import { afterAll, beforeAll, describe, vi } from 'vitest';
import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';
import { workerStore } from '../../lib/adapters/dynamo/worker-store.ts';
import { buildQueue } from '../../lib/adapters/sqs/build-queue.ts';
import type { BuildQueue, BuildStore, WorkerStore } from '../../lib/app/ports.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { memoryBuilds } from '../model/memory-builds.ts';
import { memoryQueue } from '../model/memory-queue.ts';
import { memoryTable } from '../model/memory-table.ts';
import { memoryWorkers } from '../model/memory-workers.ts';
import { startController } from '../support/controller.ts';
import { NOW } from './scene.ts';

/** One table and its queues, by whichever means. */
export interface Stores {
  readonly builds: BuildStore;
  readonly workers: WorkerStore;
  readonly queue: BuildQueue;
  /** Makes the record one that cannot be read. */
  readonly spoil: (buildId: string) => Promise<void>;
  /** Lets time pass for the queue. */
  readonly pass: (ms: number) => void;
  readonly deadLetters: () => Promise<number>;
  readonly close: () => Promise<void>;
}

async function inMemory(): Promise<Stores> {
  let now = NOW;
  const table = memoryTable(() => now);
  const { queue, deadLetters } = memoryQueue(() => now);
  return {
    builds: memoryBuilds(table),
    workers: memoryWorkers(table),
    queue,
    spoil: async (id) => table.spoil(id),
    pass: (ms) => {
      now += ms;
    },
    deadLetters: async () => deadLetters.length,
    close: async () => {},
  };
}

/** The adapters over the embedded engines. */
async function onEngines(): Promise<Stores> {
  const controller = await startController();
  const { dynamo, sqs, stack } = controller;
  const table = { client: dynamo, name: stack.table, pause: async () => {}, chance: () => 0.5 };
  const builds = buildStore(table, secrets.id);
  return {
    builds,
    workers: workerStore(table),
    queue: buildQueue(sqs, stack.queueUrls),
    spoil: async (id) => {
      // Where a state is known it must stay, as it is asked for.
      const isWaiting = (await builds.get(id))?.state === 'pending';
      await controller.tamperBuild(id, isWaiting ? { state: 'nonsense' } : { platform: 'nonsense' });
    },
    // The engine of the queues runs in this process: the date it reads is ours to set.
    pass: (ms) => void vi.setSystemTime(Date.now() + ms),
    deadLetters: async () => (await controller.depth('deadLetters')).waiting,
    close: async () => {
      vi.useRealTimers();
      await controller.close();
    },
  };
}

/** The same suite on both: what the fake may be trusted with, the engine has shown. */
export function onBoth(subject: string, suite: (stores: () => Stores) => void): void {
  describe.each([
    ['in memory', inMemory],
    ['on the engines', onEngines],
  ])(`${subject} %s`, (_where, make) => {
    let stores: Stores | undefined;
    beforeAll(async () => {
      stores = await make();
    });
    afterAll(() => stores?.close());
    suite(() => {
      if (!stores) throw new Error('the stores are not open');
      return stores;
    });
  });
}
