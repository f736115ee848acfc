import { setTimeout as wait } from 'node:timers/promises';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, vi } from 'vitest';
import type { Endpoints } from '../../infra/local/aws-clients.ts';
import { VISIBILITY_SECONDS } from '../../infra/queues.ts';
import { buildStore } from '../../lib/adapters/dynamo/build-store.ts';
import { logStore } from '../../lib/adapters/dynamo/log-store.ts';
import { waitingBuilds } from '../../lib/adapters/dynamo/waiting-builds.ts';
import { workerStore } from '../../lib/adapters/dynamo/worker-store.ts';
import { buildQueue } from '../../lib/adapters/sqs/build-queue.ts';
import type { BuildQueue, BuildStore, LogStore, Message, WaitingBuilds, WorkerStore } from '../../lib/app/ports.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { memoryBuilds } from '../model/memory-builds.ts';
import { memoryLogs } from '../model/memory-logs.ts';
import { memoryQueue } from '../model/memory-queue.ts';
import { memoryTable } from '../model/memory-table.ts';
import { waitingAmong } from '../model/memory-waiting.ts';
import { memoryWorkers } from '../model/memory-workers.ts';
import { startController } from '../support/controller.ts';
import { LOG_SIZES, RECORD_DAYS } from '../support/settings.ts';
import { NOW } from './scene.ts';

/** One table and its queues, by whichever means. */
export interface Stores {
  readonly builds: BuildStore;
  readonly workers: WorkerStore;
  readonly logs: LogStore;
  readonly queue: BuildQueue;
  readonly waiting: WaitingBuilds;
  /** Makes the record one that cannot be read. */
  readonly spoil: (buildId: string) => Promise<void>;
  /** How long a received message is hidden. */
  readonly visibilityMs: number;
  /** Lets time pass for the queue. */
  readonly pass: (ms: number) => Promise<void>;
  /** Ends the time for which this message is hidden. */
  readonly expire: (message: Message) => Promise<void>;
  /** Deletes a message whose receipt is no longer the newest. It must do nothing; how it is said may differ. */
  readonly deleteAgain: (message: Message) => Promise<void>;
  readonly deadLetters: () => Promise<number>;
  readonly close: () => Promise<void>;
}

const VISIBILITY_MS = VISIBILITY_SECONDS * 1_000;

async function inMemory(): Promise<Stores> {
  let now = NOW;
  const pass = async (ms: number) => {
    now += ms;
  };
  const table = memoryTable(() => now);
  const { queue, deadLetters } = memoryQueue(() => now);
  return {
    builds: memoryBuilds(table),
    workers: memoryWorkers(table),
    logs: memoryLogs(table, async () => {}),
    queue,
    waiting: waitingAmong(() => table.buildsAsOf(0)),
    spoil: async (id) => table.spoil(id),
    visibilityMs: VISIBILITY_MS,
    pass,
    expire: () => pass(VISIBILITY_MS + 1),
    deleteAgain: queue.delete,
    deadLetters: async () => deadLetters.length,
    close: async () => {},
  };
}

/** The adapters over the embedded engines. */
async function onEngines(endpoints: Partial<Endpoints> = {}) {
  const controller = await startController({ endpoints });
  const { dynamo, sqs, stack } = controller;
  const table = {
    client: dynamo,
    name: stack.table,
    pause: async () => {},
    chance: () => 0.5,
    recordDays: RECORD_DAYS,
  };
  const builds = buildStore(table, secrets.id);
  const queue = buildQueue(sqs, stack.queueUrls);
  // The engine of the queues runs in this process: the date it reads is ours to set.
  const pass = async (ms: number) => void vi.setSystemTime(Date.now() + ms);
  const stores: Stores = {
    builds,
    workers: workerStore(table),
    logs: logStore(table, LOG_SIZES),
    queue,
    waiting: waitingBuilds(table),
    spoil: async (id) => {
      // Where a state is known it must stay, as it is asked for.
      const isWaiting = (await builds.get(id))?.state === 'pending';
      await controller.tamperBuild(id, isWaiting ? { state: 'nonsense' } : { platform: 'nonsense' });
    },
    visibilityMs: VISIBILITY_MS,
    pass,
    expire: () => pass(VISIBILITY_MS + 1),
    deleteAgain: queue.delete,
    deadLetters: async () => (await controller.depth('deadLetters')).waiting,
    close: async () => {
      vi.useRealTimers();
      await controller.close();
    },
  };
  return { stores, sqs, queueUrls: stack.queueUrls };
}

/** A queue with a clock of its own has to be waited for: 5 s are enough to see a message hidden. */
const FOREIGN_VISIBILITY_SECONDS = 5;

async function onForeign({ endpoints, oldReceipts }: ForeignEngines): Promise<Stores> {
  const { stores, sqs, queueUrls } = await onEngines(endpoints);
  for (const QueueUrl of Object.values(queueUrls)) {
    const Attributes = { VisibilityTimeout: String(FOREIGN_VISIBILITY_SECONDS) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
  return {
    ...stores,
    visibilityMs: FOREIGN_VISIBILITY_SECONDS * 1_000,
    pass: (ms) => wait(ms),
    expire: (message) => stores.queue.giveBack(message, 0),
    deleteAgain: async (message) => {
      const [outcome] = await Promise.allSettled([stores.queue.delete(message)]);
      expect(outcome.status === 'fulfilled' ? 'accepted' : outcome.reason.name).toBeOneOf([...oldReceipts]);
    },
  };
}

/** Engines that `npm run test:conformance` has started; nobody else has any. */
export interface ForeignEngines {
  readonly name: string;
  readonly endpoints: Partial<Endpoints>;
  /** What it may say to a deletion by an old receipt, which does nothing: AWS says `accepted`. */
  readonly oldReceipts: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    foreignEngines?: readonly ForeignEngines[];
  }
}

/** The same suite on each: what the fake may be trusted with, the engines have shown. */
export function onEach(subject: string, suite: (stores: () => Stores) => void): void {
  const foreign = inject('foreignEngines') ?? [];
  describe.each<[string, () => Promise<Stores>]>([
    ['in memory', inMemory],
    ['on the engines', async () => (await onEngines()).stores],
    ...foreign.map((engines): [string, () => Promise<Stores>] => [`on ${engines.name}`, () => onForeign(engines)]),
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
